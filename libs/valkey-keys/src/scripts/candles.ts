import type { Keys } from '../keys.js';
import type { ValkeyScript } from '../script.js';
import type { CandleFields } from './market-data.js';

/** Closed 1m candles that stay at hand once they are backed up: as many as the longest roll-up (30m) can need. */
export const STORED_CANDLES_KEPT = 30;

/**
 * Trims closed candles that the backup has stored: those at the head of the list whose text is one of those given, up to
 * the first that is not. What arrived or was written again meanwhile stays. The newest trimmed ones move to
 * `candle:stored:1m:S`. Answers how many were trimmed. Take keys from {@link closedCandlesTrimKeys} and arguments from
 * {@link closedCandlesTrimArgs}.
 */
export const closedCandlesTrim: ValkeyScript = {
  name: 'closedCandlesTrim',
  numberOfKeys: 2,
  lua: `
local stored = {}
for i = 2, #ARGV do stored[ARGV[i]] = true end
local head = redis.call('LRANGE', KEYS[1], 0, #ARGV - 2)
local count = 0
while head[count + 1] and stored[head[count + 1]] do count = count + 1 end
if count == 0 then return 0 end
local first = tonumber(string.match(head[1], '"t":(%d+)'))
local kept = {}
for _, row in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  if tonumber(string.match(row, '"t":(%d+)')) < first then kept[#kept + 1] = row end
end
for i = 1, count do kept[#kept + 1] = head[i] end
redis.call('LTRIM', KEYS[1], count, -1)
redis.call('DEL', KEYS[2])
for i = math.max(1, #kept - ARGV[1] + 1), #kept do redis.call('RPUSH', KEYS[2], kept[i]) end
return count
`,
};

export function closedCandlesTrimKeys(keys: Keys, symbol: string): string[] {
  return [keys.closedCandles(symbol), keys.storedCandles(symbol)];
}

/** @param rows the entries that are stored, exactly as they were read */
export function closedCandlesTrimArgs(rows: readonly string[]): (string | number)[] {
  return [STORED_CANDLES_KEPT, ...rows];
}

/** The intervals that are rolled up in the cache, shortest first. */
export const ROLLUP_INTERVALS = ['3m', '5m', '15m', '30m'] as const;
export type RollupInterval = (typeof ROLLUP_INTERVALS)[number];

/** Name of the key function of each interval's active candle. */
const ROLLUP_KEYS = { '3m': 'candle3m', '5m': 'candle5m', '15m': 'candle15m', '30m': 'candle30m' } as const;

/** The key of an interval's active candle. */
export function rollupKey(keys: Keys, interval: RollupInterval, symbol: string): string {
  return keys[ROLLUP_KEYS[interval]](symbol);
}

/**
 * Writes the active candles of 3m to 30m of a symbol, all of them or none: none where another writer has written what a
 * later state of the 1m candles gives. Answers 1 or 0. Take keys from {@link candleRollupKeys} and arguments from
 * {@link candleRollupArgs}.
 */
export const candleRollup: ValkeyScript = {
  name: 'candleRollup',
  numberOfKeys: 1 + ROLLUP_INTERVALS.length,
  lua: `
local q, t = tonumber(ARGV[1]), tonumber(ARGV[2])
local held = redis.call('HMGET', KEYS[1], 'q', 'rq', 'rt')
if not held[1] then return 0 end
local isOfThisLife = held[2] and tonumber(held[2]) <= tonumber(held[1])
if isOfThisLife and (tonumber(held[2]) > q or tonumber(held[3]) > t) then return 0 end
for i = 2, #KEYS do
  local at = 3 + (i - 2) * 8
  redis.call('DEL', KEYS[i])
  if ARGV[at] ~= '' then
    redis.call('HSET', KEYS[i], 'o', ARGV[at], 'h', ARGV[at + 1], 'l', ARGV[at + 2], 'c', ARGV[at + 3], 'v', ARGV[at + 4],
      't', ARGV[at + 5], 'n', ARGV[at + 6], 'q', ARGV[at + 7])
  end
end
redis.call('HSET', KEYS[1], 'rq', ARGV[1], 'rt', ARGV[2])
return 1
`,
};

export function candleRollupKeys(keys: Keys, symbol: string): string[] {
  return [keys.marketData(symbol), ...ROLLUP_INTERVALS.map((interval) => rollupKey(keys, interval, symbol))];
}

export interface CandleRollupWrite {
  /** Last trade number and journal time (epoch ms) of the 1m candles that were rolled up. */
  q: number;
  time: number;
  /** The active candle of each interval; undefined where none is open. */
  candles: Readonly<Record<RollupInterval, CandleFields | undefined>>;
}

export function candleRollupArgs({ q, time, candles }: CandleRollupWrite): (string | number)[] {
  const args: (string | number)[] = [q, time];
  for (const interval of ROLLUP_INTERVALS) {
    const candle = candles[interval];
    if (candle === undefined) args.push('', '', '', '', '', '', '', '');
    else args.push(candle.o, candle.h, candle.l, candle.c, candle.v, candle.t, candle.n, candle.q);
  }
  return args;
}
