import { CommandFailure } from '@supernoba/command';

/**
 * The number that was given for an option, from 1 up.
 *
 * @throws CommandFailure for anything else
 */
export function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new CommandFailure(`${option} must be a whole number from 1 to ${most}, got ${text}`);
}
