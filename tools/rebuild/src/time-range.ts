import { CommandFailure } from '@supernoba/command';

/** Epoch ms, both included. */
export interface TimeRange {
  from: number;
  to: number;
}

/**
 * `--from` and `--to`: epoch milliseconds, or a date as ISO 8601 writes it (`2025-12-14`, `2025-12-14T09:00:00Z`); a time of
 * day needs its zone. Default: everything up to now. @throws CommandFailure
 */
export function readTimeRange(from: string | undefined, to: string | undefined, now: number): TimeRange {
  const range = { from: readTime('--from', from) ?? 0, to: readTime('--to', to) ?? now };
  if (range.from > range.to) throw new CommandFailure('--from is after --to');
  return range;
}

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

function readTime(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = /^\d{1,15}$/.test(text) ? Number(text) : ISO.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) throw new CommandFailure(`${option} wants epoch ms or an ISO date, not ${text}`);
  return time;
}
