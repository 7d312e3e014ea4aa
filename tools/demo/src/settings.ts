import { parseArgs } from 'node:util';
import { SYMBOL_PATTERN } from '@supernoba/protocol';

export const USAGE = `usage: main.mjs --url http://127.0.0.1:3900 [--symbol TEST] [--seed N] [--rate N]

  --url     address of the exchange (else the variable SUPERNOBA_URL)
  --symbol  what to trade; default TEST
  --seed    seed of the random walk; default: another one each time
  --rate    rounds a second, 1 to 50; default 5

DEMO_TOKENS_FILE names a file with the users' tokens ({"tokens":{"alice","bob"}}); without it the bot logs the local
stack's users alice and bob in by their passwords.`;

export interface DemoSettings {
  url: string;
  symbol: string;
  seed: number;
  /** Rounds a second. */
  rate: number;
  /** File with the users' tokens; undefined: log in. */
  tokensFile: string | undefined;
}

/** A setting that is wrong, in words for the person who gave it. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly code = 'BAD_SETTINGS';
}

/** @throws SettingsError */
export function readSettings(args: readonly string[], env: Readonly<Record<string, string | undefined>>): DemoSettings {
  const values = parse(args);
  const url = values.url ?? env['SUPERNOBA_URL'];
  if (url === undefined || !/^https?:\/\//.test(url))
    throw new SettingsError('--url must be the http address of the exchange');
  const symbol = values.symbol ?? 'TEST';
  if (!SYMBOL_PATTERN.test(symbol)) throw new SettingsError(`--symbol must match ${SYMBOL_PATTERN.source}`);
  return {
    url,
    symbol,
    seed: integer('--seed', values.seed, 0, 2 ** 32 - 1) ?? Math.floor(Math.random() * 2 ** 32),
    rate: integer('--rate', values.rate, 1, 50) ?? 5,
    tokensFile: env['DEMO_TOKENS_FILE'] || undefined,
  };
}

function parse(args: readonly string[]): { url?: string; symbol?: string; seed?: string; rate?: string } {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...args], options: { url: text, symbol: text, seed: text, rate: text } }).values;
  } catch (cause) {
    throw new SettingsError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function integer(name: string, value: string | undefined, min: number, max: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < min || number > max)
    throw new SettingsError(`${name} must be an integer from ${min} to ${max}`);
  return number;
}
