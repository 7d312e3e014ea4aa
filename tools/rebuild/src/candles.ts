import {
  bucketEnd,
  bucketStartSec,
  CandleFold,
  DEFAULT_DAY_OFFSET_MIN,
  foldCandles,
  INTERVALS,
  type Candle,
  type Interval,
} from '@supernoba/candles';
import { createTradeReader } from '@supernoba/history';
import { CandleTable, MarketArchive, rollUpCandles, rollupSource, TradeTable } from '@supernoba/market-history';
import type { Rebuild, Rebuilt } from './rebuild.js';
import type { TimeRange } from './time-range.js';
import { symbolsOf, tradesBetween, wholeTrades, type TradeNumbers } from './trades.js';

const MINUTE_MS = 60_000;
/** Rows of one interval that are folded and written together: about a day of minutes. */
const PORTION_S = 86_400;

interface Market {
  name: string;
  dayOffsetMin: number;
}

/** What is read and written, of one symbol after the other. */
interface Stores {
  reader: ReturnType<typeof createTradeReader>;
  trades: TradeTable;
  candles: CandleTable;
  archive: MarketArchive;
}

/** Closed candles of the range, in `candle_history` and S3, folded anew from `trade_history`: 1m first, then all longer ones. */
export async function rebuildCandles(rebuild: Rebuild): Promise<Rebuilt> {
  const { clients, settings, range, signal, say } = rebuild;
  const dynamo = () => Promise.resolve(clients.dynamo);
  const markets = (await symbolsOf(rebuild)).map((row): Market => {
    return { name: row.symbol, dayOffsetMin: row.config.day_offset_min ?? DEFAULT_DAY_OFFSET_MIN };
  });
  const stores: Stores = {
    reader: createTradeReader({ dynamo, name: settings.DYNAMODB_TABLE }),
    trades: new TradeTable(clients.dynamo, settings.DYNAMODB_TABLE),
    candles: new CandleTable(clients.dynamo, settings.CANDLES_TABLE),
    archive: new MarketArchive(clients.s3, settings.ARCHIVE_BUCKET),
  };
  const total: Rebuilt = { read: 0, written: 0 };
  for (const market of markets) {
    const done = await rebuildMarket(stores, market, range, signal);
    if (done.read === 0) say(`${market.name}: no closed candle in the range`);
    total.read += done.read;
    total.written += done.written;
  }
  return total;
}

async function rebuildMarket(stores: Stores, market: Market, range: TimeRange, signal: AbortSignal): Promise<Rebuilt> {
  const minutes = await closedMinutes(stores, market.name, range);
  if (minutes === undefined) return { read: 0, written: 0 };
  const { first, last, until } = minutes;
  let written = await writeMinutes(stores, market.name, minutes, signal);
  // Where the rebuilt candles go on from the mark of the backup, or begin before it, the mark goes with them.
  const mark = await stores.candles.mark(market.name);
  if (first <= mark.candleQ + 1 && last > mark.candleQ) {
    await stores.candles.advanceCandles(market.name, { candleQ: last, until });
  }
  for (const interval of INTERVALS) {
    if (interval !== '1m') written += await writeLonger(stores, market, interval, range, signal);
  }
  written += await rollUpCandles(stores, market.name, market.dayOffsetMin);
  return { read: last - first + 1, written };
}

/**
 * The trades of the range's whole minutes, by number, as far as their candles are closed: a minute is over once the backup
 * says so, or a later minute has a trade. `until`: epoch seconds.
 */
async function closedMinutes(
  { reader, candles }: Stores,
  symbol: string,
  range: TimeRange,
): Promise<(TradeNumbers & { until: number }) | undefined> {
  const [newest] = (await reader.newest({ symbol, limit: 1 })).trades;
  if (newest === undefined) return undefined;
  const closedMs = Math.max((await candles.mark(symbol)).until * 1000, minuteOf(newest.timestamp));
  const endMs = Math.min(closedMs, minuteOf(range.to) + MINUTE_MS);
  const numbers = await tradesBetween(reader, symbol, minuteOf(range.from), endMs);
  return numbers && { ...numbers, until: endMs / 1000 };
}

/** Folds trades into 1m candles and writes them. @throws CommandFailure where one of them is missing */
async function writeMinutes(
  { trades, candles, archive }: Stores,
  symbol: string,
  numbers: TradeNumbers,
  signal: AbortSignal,
): Promise<number> {
  const fold = new CandleFold('1m', { q: numbers.first - 1 });
  let written = 0;
  for await (const rows of wholeTrades(trades, symbol, numbers, signal)) {
    const closed: Candle[] = [];
    for (const row of rows) {
      const candle = fold.trade(row.trade_no, row.timestamp, row.price, row.quantity);
      if (candle !== undefined) closed.push(candle);
    }
    const { active } = fold;
    if (fold.q === numbers.last && active !== undefined) closed.push(active);
    await archive.addCandles(symbol, '1m', closed);
    await candles.put(symbol, '1m', closed);
    written += closed.length;
  }
  return written;
}

/**
 * Folds the longer candles that overlap the range anew, as far as the roll-up had come; it goes on behind them itself, for
 * its newest candle says where it is.
 */
async function writeLonger(
  { candles, archive }: Stores,
  { name, dayOffsetMin }: Market,
  interval: Interval,
  range: TimeRange,
  signal: AbortSignal,
): Promise<number> {
  const newest = await candles.newest(name, interval);
  if (newest === undefined) return 0;
  const end = Math.min(bucketEnd(interval, newest.t), Math.floor(range.to / 1000) + 1);
  const oldest = (await candles.range({ symbol: name, timeframe: '1m', limit: 1 }))[0];
  const start = Math.max(Math.floor(range.from / 1000), oldest?.t ?? end);
  let written = 0;
  for (let t = bucketStartSec(interval, start, dayOffsetMin); t < end;) {
    signal.throwIfAborted();
    let to = bucketEnd(interval, t);
    while (to < end && to - t < PORTION_S) to = bucketEnd(interval, to);
    const timeframe = rollupSource(interval, dayOffsetMin);
    const parts = await candles.range({ symbol: name, timeframe, from: t, to: to - 1 });
    const folded = foldCandles(parts, '1m', interval, dayOffsetMin);
    await archive.addCandles(name, interval, folded);
    await candles.put(name, interval, folded);
    written += folded.length;
    t = to;
  }
  return written;
}

function minuteOf(timeMs: number): number {
  return timeMs - (timeMs % MINUTE_MS);
}
