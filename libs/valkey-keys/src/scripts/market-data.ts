import type { Keys } from '../keys.js';
import type { ValkeyScript } from '../script.js';

/**
 * What the market-data scripts answer.
 *
 * - `OK`: written.
 * - `GAP`: nothing written; the cache does not hold the state before these trades (flushed, taken over, behind), so the
 *   caller writes absolute state.
 * - `STALE`: nothing written; the same engine has already written a later state.
 * - `FENCED`: nothing written; an engine with a higher epoch owns the symbol.
 */
export type MarketDataAnswer = 'OK' | 'GAP' | 'STALE' | 'FENCED';

/** Most trades of one {@link marketDataApply} call: their volumes sum exactly in a double (1,000 × 1e12 < 2^53). */
export const MAX_TRADES_PER_CALL = 1000;

/** The keys that both scripts take, in their order. */
export function marketDataKeys(keys: Keys, symbol: string): string[] {
  return [
    keys.marketData(symbol),
    keys.depth(symbol),
    keys.ticker(symbol),
    keys.candle(symbol),
    keys.closedCandles(symbol),
    keys.trades(symbol),
  ];
}

export interface MarketDataApply {
  /** Fence: the engine's epoch, and the `seq` that depth and ticker reflect. */
  epoch: number;
  seq: number;
  /** Number of the last trade once these are applied. */
  q: number;
  /** Journal time, epoch ms: a candle that has ended by then closes. */
  time: number;
  /** Frames as JSON; '' leaves the key as it is. */
  depth: string;
  ticker: string;
  frameTtlS: number;
  tradesTtlS: number;
  maxTrades: number;
  /** At most {@link MAX_TRADES_PER_CALL}, ascending; those already applied are skipped. */
  trades: readonly (readonly [no: number, timeMs: number, price: number, quantity: number, takerIsBuy: boolean])[];
}

/** The arguments of {@link marketDataApply}. @throws RangeError for more trades than one call takes */
export function marketDataApplyArgs(call: MarketDataApply): (string | number)[] {
  if (call.trades.length > MAX_TRADES_PER_CALL) {
    throw new RangeError(`${call.trades.length} trades in one call, at most ${MAX_TRADES_PER_CALL}`);
  }
  const { epoch, seq, q, time, depth, ticker, frameTtlS, tradesTtlS, maxTrades } = call;
  const args: (string | number)[] = [epoch, seq, q, time, depth, ticker, frameTtlS, tradesTtlS, maxTrades];
  for (const [no, timeMs, price, quantity, takerIsBuy] of call.trades) {
    args.push(no, timeMs, price, quantity, takerIsBuy ? 'true' : 'false');
  }
  return args;
}

/** A candle as the scripts take it: decimal strings, so that no digit is lost. */
export type CandleFields = Readonly<Record<'o' | 'h' | 'l' | 'c' | 'v' | 't' | 'n' | 'q', string>>;

export interface MarketDataReplace {
  epoch: number;
  seq: number;
  /** Number of the last trade. */
  q: number;
  /** Journal time, epoch ms. */
  time: number;
  depth: string;
  ticker: string;
  frameTtlS: number;
  tradesTtlS: number;
  /** The open minute candle. */
  candle: CandleFields | undefined;
  /** Closed candles that the engine still holds, oldest first, without a hole. */
  closed: readonly { t: number; json: string }[];
  /** The newest trades as JSON, oldest first. */
  trades: readonly string[];
}

/** The arguments of {@link marketDataReplace}. */
export function marketDataReplaceArgs(call: MarketDataReplace): (string | number)[] {
  const { epoch, seq, q, time, depth, ticker, frameTtlS, tradesTtlS, candle, closed, trades } = call;
  const args: (string | number)[] = [epoch, seq, q, time, depth, ticker, frameTtlS, tradesTtlS];
  args.push(candle?.t ?? '', candle?.o ?? '', candle?.h ?? '', candle?.l ?? '', candle?.c ?? '');
  args.push(candle?.v ?? '', candle?.n ?? '', candle?.q ?? '', closed.length);
  for (const { t, json } of closed) args.push(t, json);
  args.push(...trades);
  return args;
}

/*
 * Lua 5.1 traps that both scripts avoid: `..` and tostring keep 14 digits of a number, so every number travels as the
 * string it came as; sums above 2^53 go through HINCRBY; unpack fails at some thousands of values.
 */
const FENCE = `
local held = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'q', 'c')
if held[1] and tonumber(held[1]) > tonumber(ARGV[1]) then return 'FENCED' end
local same = held[1] and held[2] and held[3] and held[4] and tonumber(held[1]) == tonumber(ARGV[1])
if same and tonumber(held[2]) > tonumber(ARGV[2]) then return 'STALE' end
`;

const PUSH = `
local function push(key, values)
  for first = 1, #values, 200 do
    redis.call('RPUSH', key, unpack(values, first, math.min(first + 199, #values)))
  end
end
`;

const FRAMES = `
if ARGV[5] ~= '' then redis.call('SET', KEYS[2], ARGV[5], 'EX', ARGV[7]) end
if ARGV[6] ~= '' then redis.call('SET', KEYS[3], ARGV[6], 'EX', ARGV[7]) end
`;

/**
 * Applies the trades that follow what the cache holds, and sets depth and ticker: one call a symbol and batch.
 * A trade already applied is skipped; anything but the very next one answers `GAP` and writes nothing. Take keys from
 * {@link marketDataKeys} and arguments from {@link marketDataApplyArgs}.
 */
export const marketDataApply: ValkeyScript = {
  name: 'marketDataApply',
  numberOfKeys: 6,
  lua: `${FENCE}${PUSH}
if not same then return 'GAP' end
local args, call, format = ARGV, redis.call, string.format
local open = held[4]
local candle = nil
if open ~= '' then
  local f = call('HMGET', KEYS[4], 'o', 'h', 'l', 'c', 't', 'n', 'v')
  if f[5] ~= open or not f[7] then return 'GAP' end
  candle = { o = f[1], h = f[2], l = f[3], c = f[4], t = f[5], n = tonumber(f[6]), add = 0, stored = true,
    high = tonumber(f[2]), low = tonumber(f[3]), ends = (tonumber(f[5]) + 60) * 1000 }
end
local q, q_text = tonumber(held[3]), held[3]
local first = 10
while args[first] and tonumber(args[first]) <= q do first = first + 5 end
if args[first] and tonumber(args[first]) ~= q + 1 then return 'GAP' end
local count = (#args - first + 1) / 5
if q + count < tonumber(args[3]) then return 'GAP' end

local function store()
  if candle.stored then
    call('HSET', KEYS[4], 'h', candle.h, 'l', candle.l, 'c', candle.c, 'n', format('%.0f', candle.n), 'q', q_text)
    if candle.add > 0 then call('HINCRBY', KEYS[4], 'v', format('%.0f', candle.add)) end
  else
    call('DEL', KEYS[4])
    call('HSET', KEYS[4], 'o', candle.o, 'h', candle.h, 'l', candle.l, 'c', candle.c, 'v', format('%.0f', candle.add),
      't', candle.t, 'n', format('%.0f', candle.n), 'q', q_text)
  end
end
local ended = {}
local function close()
  local v, n = format('%.0f', candle.add), format('%.0f', candle.n)
  if candle.stored then
    if candle.add > 0 then store() end
    local f = call('HMGET', KEYS[4], 'v', 'n', 'q')
    v, n, q_text = f[1], f[2], f[3]
    call('DEL', KEYS[4])
  end
  if #v > 16 or tonumber(v) > 9007199254740991 then v = '"' .. v .. '"' end
  ended[#ended + 1] = '{"t":' .. candle.t .. ',"o":' .. candle.o .. ',"h":' .. candle.h .. ',"l":' .. candle.l
    .. ',"c":' .. candle.c .. ',"v":' .. v .. ',"n":' .. n .. ',"q":' .. q_text .. '}'
  candle = nil
end

local rows, size = {}, 0
for i = first, #args, 5 do
  local no, time, price, quantity = args[i], args[i + 1], args[i + 2], args[i + 3]
  size = size + 1
  rows[size] = '[' .. no .. ',' .. time .. ',' .. price .. ',' .. quantity .. ',' .. args[i + 4] .. ']'
  local at, value = tonumber(time), tonumber(price)
  if candle and at >= candle.ends then close() end
  q_text = no
  if candle then
    if value > candle.high then candle.h, candle.high = price, value end
    if value < candle.low then candle.l, candle.low = price, value end
    candle.c = price
    candle.n = candle.n + 1
    candle.add = candle.add + tonumber(quantity)
  else
    local starts = at - at % 60000
    candle = { o = price, h = price, l = price, c = price, t = format('%.0f', starts / 1000), n = 1,
      add = tonumber(quantity), stored = false, high = value, low = value, ends = starts + 60000 }
  end
end
if candle and tonumber(args[4]) >= candle.ends then close() end
push(KEYS[5], ended)
if candle and count > 0 then store() end
if count > 0 then
  push(KEYS[6], rows)
  redis.call('LTRIM', KEYS[6], '-' .. ARGV[9], '-1')
  redis.call('EXPIRE', KEYS[6], ARGV[8])
end
redis.call('HSET', KEYS[1], 'seq', ARGV[2], 'q', q_text, 'c', candle and candle.t or '', 't', ARGV[4])
${FRAMES}
return 'OK'
`,
};

/**
 * Writes the market data of a symbol as a whole: after a flush, a reconnect, a gap or a take-over. Closed candles older
 * than those given stay (the backup may not have them yet), none stands twice, and none stays that this state has not
 * closed yet. Take keys from {@link marketDataKeys} and arguments from {@link marketDataReplaceArgs}.
 */
export const marketDataReplace: ValkeyScript = {
  name: 'marketDataReplace',
  numberOfKeys: 6,
  lua: `${FENCE}${PUSH}
local given = tonumber(ARGV[17])
local after = math.floor(tonumber(ARGV[4]) / 60000) * 60
if ARGV[9] ~= '' then after = tonumber(ARGV[9]) end
if given > 0 then after = tonumber(ARGV[18]) end
local closed = {}
for _, row in ipairs(redis.call('LRANGE', KEYS[5], 0, -1)) do
  local t = tonumber(string.match(row, '"t":(%d+)'))
  if t and t < after then closed[#closed + 1] = row end
end
for i = 1, given do closed[#closed + 1] = ARGV[17 + 2 * i] end
redis.call('DEL', KEYS[4], KEYS[5], KEYS[6])
push(KEYS[5], closed)
if ARGV[9] ~= '' then
  redis.call('HSET', KEYS[4], 'o', ARGV[10], 'h', ARGV[11], 'l', ARGV[12], 'c', ARGV[13], 'v', ARGV[14], 't', ARGV[9],
    'n', ARGV[15], 'q', ARGV[16])
end
local rows = {}
for i = 18 + 2 * given, #ARGV do rows[#rows + 1] = ARGV[i] end
if #rows > 0 then
  push(KEYS[6], rows)
  redis.call('EXPIRE', KEYS[6], ARGV[8])
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'seq', ARGV[2], 'q', ARGV[3], 'c', ARGV[9], 't', ARGV[4])
${FRAMES}
return 'OK'
`,
};
