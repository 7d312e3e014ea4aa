import { PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { bucketEnd, candleToHash, candleToJson, foldTrades, INTERVAL_SECONDS, INTERVALS } from '@supernoba/candles';
import type { Candle, Interval, TradeRow } from '@supernoba/candles';
import { CommandFailure } from '@supernoba/command';
import { toSymbolItem } from '@supernoba/edge';
import { CandleTable } from '@supernoba/market-history';
import { TABLES } from '@supernoba/protocol';
import { runScript, type Valkey } from '@supernoba/runtime';
import {
  createKeys,
  marketDataKeys,
  marketDataReplace,
  marketDataReplaceArgs,
  symbolProject,
} from '@supernoba/valkey-keys';

/** Candles of every interval that the market has had, a few more than a chart shows. */
const CANDLES = 520;
/** Closed minutes that the backup, which comes every 10 minutes, has yet to store. */
const HOT_MINUTES = 10;
const FRAME_TTL_S = 60;
const TRADES_TTL_S = 86_400;

export interface SeededMarket {
  symbol: string;
  trades: readonly TradeRow[];
  /** The series of an interval as its trades give it. */
  candles: (interval: Interval) => Candle[];
  /** Rows that the table holds. */
  stored: number;
}

/**
 * A market with {@link CANDLES} candles of every interval, as the exchange leaves one: all in `candle_history` but the last
 * {@link HOT_MINUTES} minutes and the open candle, which are in the cache. No engine has heard of the symbol.
 */
export async function seedMarket(dynamo: DynamoDBClient, valkey: Valkey, nowMs: number): Promise<SeededMarket> {
  const symbol = `CHART-${nowMs.toString(36)}`.toUpperCase();
  await listSymbol(dynamo, valkey, symbol, nowMs);
  const trades = tradesUpTo(Math.floor(nowMs / 60_000) * 60);
  const minutes = foldTrades(trades, '1m');
  const closed = minutes.slice(-1 - HOT_MINUTES, -1);
  const until = closed[0]?.t ?? 0;
  const table = new CandleTable(dynamo, TABLES.candleHistory.name);
  let stored = 0;
  for (const interval of INTERVALS) {
    const rows = foldTrades(trades, interval).filter(({ t }) => bucketEnd(interval, t) <= until);
    await table.put(symbol, interval, rows);
    stored += rows.length;
  }
  const candleQ = minutes.at(-2 - HOT_MINUTES)?.q ?? 0;
  await table.advanceCandles(symbol, { candleQ, until });
  await fillCache(valkey, symbol, trades, closed, minutes.at(-1));
  return { symbol, trades, stored, candles: (interval) => foldTrades(trades, interval) };
}

/** One trade in each minute, 3 minutes, … day of the last {@link CANDLES} ones up to `end` (epoch seconds). */
function tradesUpTo(end: number): TradeRow[] {
  const times = new Set<number>();
  for (const interval of INTERVALS) {
    for (let back = 0; back < CANDLES; back++) times.add(end - back * INTERVAL_SECONDS[interval]);
  }
  return [...times]
    .sort((a, b) => a - b)
    .map((time, index) => [index + 1, time * 1000, 10_000 + ((index * 37) % 501), 1 + (index % 97)]);
}

async function listSymbol(dynamo: DynamoDBClient, valkey: Valkey, symbol: string, nowMs: number): Promise<void> {
  const row = { symbol, state: 'open', config: {}, updated_at: nowMs, updated_by: 'bench' } as const;
  await dynamo.send(new PutItemCommand({ TableName: TABLES.symbols.name, Item: toSymbolItem(row) }));
  const keys = createKeys();
  const projected = await runScript(valkey, symbolProject, [keys.activeSymbols, keys.symbolStates], [symbol, 'open']);
  if (projected !== 1) throw new CommandFailure('the exchange has no list of symbols yet');
}

async function fillCache(
  valkey: Valkey,
  symbol: string,
  trades: readonly TradeRow[],
  closed: readonly Candle[],
  open: Candle | undefined,
): Promise<void> {
  const [q = 0, time = 0] = trades.at(-1) ?? [];
  const args = marketDataReplaceArgs({
    epoch: 1,
    seq: q,
    q,
    time,
    depth: '{"e":"d"}',
    ticker: '',
    frameTtlS: FRAME_TTL_S,
    tradesTtlS: TRADES_TTL_S,
    candle: open && candleToHash(open),
    closed: closed.map((candle) => ({ t: candle.t, json: candleToJson(candle) })),
    trades: [],
  });
  await runScript(valkey, marketDataReplace, marketDataKeys(createKeys(), symbol), args);
}
