import { parseCandle, type Candle } from '@supernoba/candles';
import { cachedAll, runScript, type Valkey } from '@supernoba/edge';
import { closedCandlesTrim, closedCandlesTrimArgs, closedCandlesTrimKeys, type Keys } from '@supernoba/valkey-keys';
import type { MarketArchive } from './archive.js';
import type { CandleTable } from './candle-table.js';
import { MarketHistoryError } from './error.js';
import type { TradeTable } from './trade-table.js';

export interface CandleBackupDeps {
  valkey: Valkey;
  keys: Keys;
  candles: CandleTable;
  trades: TradeTable;
  archive: MarketArchive;
}

export interface CandleBackupResult {
  /** Candles stored by this run; repeats of what was stored do not count. */
  stored: number;
  /** Of them, those that the cache had lost and that were folded anew from `trade_history`. */
  rederived: number;
  trimmed: number;
}

/** Closed candles of one round: read, stored and trimmed together. */
const ROUND_CANDLES = 1_000;
/** Rounds of one run; what is left is for the next one. */
const MAX_ROUNDS = 50;

/** The list of closed candles with what stands behind it, read at one moment. */
interface CacheRead {
  /** Entries exactly as they stand in the list, oldest first. */
  rows: readonly string[];
  closed: readonly Candle[];
  /** Whether the list holds more. */
  hasMore: boolean;
  /** Every trade up to this number is in a closed candle; undefined while the engine has written nothing. */
  closedQ: number | undefined;
  /** Every minute before this one (its start, epoch seconds) is closed. */
  until: number;
}

/**
 * Moves the closed 1m candles of a symbol from the cache into the archive and the table. Each step can be repeated and
 * leaves the next run all it needs: first the archive, then the table, then the mark, then the cache is trimmed of exactly
 * what was read.
 *
 * @throws MarketHistoryError `TRADES_MISSING` where the chain of trade numbers has a hole that `trade_history` cannot fill yet,
 * `BROKEN_CHAIN` where candles contradict each other; EdgeError; errors of the AWS SDK
 */
export async function backUpCandles(deps: CandleBackupDeps, symbol: string): Promise<CandleBackupResult> {
  const result: CandleBackupResult = { stored: 0, rederived: 0, trimmed: 0 };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const read = await readCache(deps, symbol);
    if (read.closedQ === undefined) break;
    const mark = await deps.candles.mark(symbol);
    const fresh = read.closed.filter(({ q }) => q > mark.candleQ);
    // With more in the list, only what was read is known to be whole.
    const upTo = read.hasMore ? (read.closed.at(-1)?.q ?? 0) : read.closedQ;
    const { candles, rederived } = await withoutHoles(deps.trades, symbol, mark.candleQ, fresh, upTo);
    if (candles.length > 0) {
      await deps.archive.addCandles(symbol, '1m', candles);
      await deps.candles.put(symbol, '1m', candles);
    }
    const until = read.hasMore ? (read.closed.at(-1)?.t ?? 0) + 60 : read.until;
    const candleQ = Math.max(mark.candleQ, candles.at(-1)?.q ?? 0);
    if (candleQ > mark.candleQ || until > mark.until) await deps.candles.advanceCandles(symbol, { candleQ, until });
    result.stored += candles.length;
    result.rederived += rederived;
    if (read.rows.length > 0) {
      const trimKeys = closedCandlesTrimKeys(deps.keys, symbol);
      result.trimmed += Number(
        await runScript(deps.valkey, closedCandlesTrim, trimKeys, closedCandlesTrimArgs(read.rows)),
      );
    }
    if (!read.hasMore) break;
  }
  return result;
}

async function readCache({ valkey, keys }: CandleBackupDeps, symbol: string): Promise<CacheRead> {
  // One transaction: a candle that closes meanwhile is in one of the two, never in both or neither.
  const answers = await cachedAll(
    valkey
      .multi()
      .lrange(keys.closedCandles(symbol), 0, ROUND_CANDLES)
      .hmget(keys.candle(symbol), 't', 'n', 'q')
      .hmget(keys.marketData(symbol), 'q', 't'),
  );
  const [list, [activeT, activeN, activeQ], [lastTrade, time]] = answers as [
    string[],
    (string | null)[],
    (string | null)[],
  ];
  const rows = list.slice(0, ROUND_CANDLES);
  const closed = rows.map((row) => parseCandle(JSON.parse(row) as Record<string, unknown>));
  const isActive = activeT !== null && activeT !== undefined;
  const closedQ = isActive ? Number(activeQ) - Number(activeN) : Number(lastTrade);
  const hasWritten = lastTrade !== null && lastTrade !== undefined && time !== null && time !== undefined;
  return {
    rows,
    closed,
    hasMore: list.length > ROUND_CANDLES,
    closedQ: hasWritten ? closedQ : undefined,
    until: isActive ? Number(activeT) : Math.floor(Number(time) / 60_000) * 60,
  };
}

/**
 * `fresh`, and before, between and after them the candles that the cache has lost, folded anew: together every trade from
 * `after` + 1 to `upTo`.
 */
async function withoutHoles(
  trades: TradeTable,
  symbol: string,
  after: number,
  fresh: readonly Candle[],
  upTo: number,
): Promise<{ candles: Candle[]; rederived: number }> {
  const candles: Candle[] = [];
  let rederived = 0;
  let q = after;
  const fill = async (to: number): Promise<void> => {
    if (to <= q) return;
    const lost = await trades.candles(symbol, q + 1, to);
    candles.push(...lost);
    rederived += lost.length;
    q = to;
  };
  for (const candle of fresh) {
    await fill(candle.q - candle.n);
    if (candle.q - candle.n !== q || candle.t <= (candles.at(-1)?.t ?? -1)) {
      throw new MarketHistoryError(
        'BROKEN_CHAIN',
        `${symbol}: the candle of ${candle.t} begins after trade ${candle.q - candle.n}, the one before ends with ${q}`,
      );
    }
    candles.push(candle);
    q = candle.q;
  }
  await fill(upTo);
  return { candles, rederived };
}
