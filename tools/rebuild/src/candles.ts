import {
  bucketEnd,
  bucketStartSec,
  CandleFold,
  foldCandles,
  INTERVALS,
  type Candle,
  type Interval,
} from '@supernoba/candles';
import { CommandFailure } from '@supernoba/command';
import { createSymbolTable } from '@supernoba/edge';
import { DEFAULT_DAY_OFFSET_MIN } from '@supernoba/candles';
import { createTradeReader } from '@supernoba/history';
import {
  CandleTable,
  MarketArchive,
  MAX_TRADES_READ,
  rollUpCandles,
  rollupSource,
  TradeTable,
} from '@supernoba/market-history';
import { ProgressBar } from './progress.js';
import type { Rebuild, Rebuilt } from './rebuild.js';
import type { TimeRange } from './time-range.js';

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
export async function rebuildCandles({ clients, settings, range, symbol, signal, say }: Rebuild): Promise<Rebuilt> {
  const dynamo = () => Promise.resolve(clients.dynamo);
  const rows = await createSymbolTable({ dynamo, table: settings.SYMBOLS_TABLE }).all();
  const markets = rows
    .filter((row) => symbol === undefined || row.symbol === symbol)
    .map((row): Market => ({ name: row.symbol, dayOffsetMin: row.config.day_offset_min ?? DEFAULT_DAY_OFFSET_MIN }));
  if (markets.length === 0) throw new CommandFailure(`there is no symbol ${symbol ?? ''}`);
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
  let written = await writeMinutes(stores, market.name, first, last, signal);
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
): Promise<{ first: number; last: number; until: number } | undefined> {
  const [newest] = (await reader.newest({ symbol, limit: 1 })).trades;
  if (newest === undefined) return undefined;
  const closedMs = Math.max((await candles.mark(symbol)).until * 1000, minuteOf(newest.timestamp));
  const endMs = Math.min(closedMs, minuteOf(range.to) + MINUTE_MS);
  const startMs = minuteOf(range.from);
  const lastBefore = async (timeMs: number) =>
    timeMs <= 0 ? 0 : ((await reader.newest({ symbol, limit: 1, to: timeMs - 1 })).trades[0]?.trade_no ?? 0);
  const [before, last] = await Promise.all([lastBefore(startMs), lastBefore(endMs)]);
  return last > before ? { first: before + 1, last, until: endMs / 1000 } : undefined;
}

/** Folds trades `first` to `last` into 1m candles and writes them. @throws CommandFailure where one of them is missing */
async function writeMinutes(
  { trades, candles, archive }: Stores,
  symbol: string,
  first: number,
  last: number,
  signal: AbortSignal,
): Promise<number> {
  const bar = new ProgressBar(`trades of ${symbol}`, last - first + 1, process.stderr);
  const fold = new CandleFold('1m', { q: first - 1 });
  let written = 0;
  for (let from = first; from <= last; from += MAX_TRADES_READ) {
    signal.throwIfAborted();
    const to = Math.min(last, from + MAX_TRADES_READ - 1);
    const rows = await trades.range(symbol, from, to);
    if (rows.length !== to - from + 1) {
      throw new CommandFailure(
        `${symbol}: trades ${from} to ${to} are not all in trade_history: rebuild the history first`,
      );
    }
    const closed: Candle[] = [];
    for (const row of rows) {
      const candle = fold.trade(row.trade_no, row.timestamp, row.price, row.quantity);
      if (candle !== undefined) closed.push(candle);
    }
    const { active } = fold;
    if (to === last && active !== undefined) closed.push(active);
    await archive.addCandles(symbol, '1m', closed);
    await candles.put(symbol, '1m', closed);
    written += closed.length;
    bar.add(rows.length);
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
