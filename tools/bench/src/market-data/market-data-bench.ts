import { candleToHash, candleToJson, CandleFold, type Candle } from '@supernoba/candles';
import { CommandFailure, type ResultRow, type RunContext } from '@supernoba/command';
import { RECENT_TRADES } from '@supernoba/protocol';
import { createValkey, runScript, type Valkey } from '@supernoba/runtime';
import { startValkey } from '@supernoba/testing';
import {
  createKeys,
  marketDataApply,
  marketDataApplyArgs,
  marketDataKeys,
  marketDataReplace,
  marketDataReplaceArgs,
  type MarketDataApply,
} from '@supernoba/valkey-keys';
import { quantile } from '../quantiles.js';

export const MARKET_DATA_USAGE = `usage: npm run bench -- market-data [--samples 200] [--json]

  server time of one call of the script that applies 1,000 trades of a symbol (candles, list of trades, depth), volumes above
  1e15 included; a Valkey of its own, which is held to the fold of the trades afterwards

  --samples  calls measured, 40 to 10,000
  --json     end with one line of results`;

type Trade = MarketDataApply['trades'][number];

const TRADES_PER_CALL = 1_000;
const CALLS_WARM_UP = 20;
/** Start of a minute, epoch ms. */
const START_MS = 1_733_896_440_000;
const FRAME = { depth: '{"e":"d","s":"BENCH","b":[],"a":[]}', ticker: '', frameTtlS: 60, tradesTtlS: 86_400 };
const keys = createKeys();
const symbolKeys = marketDataKeys(keys, 'BENCH');

/** Measures `samples` calls. @throws CommandFailure where the cache does not hold the fold of the trades afterwards */
export async function measureMarketData(context: RunContext<unknown>, samples: number): Promise<ResultRow[]> {
  const server = await startValkey();
  context.onEnd(() => server.stop());
  const valkey = createValkey({ host: server.host, port: server.port, name: 'bench' });
  context.onEnd(() => valkey.disconnect());
  await valkey.connect();
  await begin(valkey);

  const fold = new CandleFold('1m');
  const closed: Candle[] = [];
  let trades: readonly Trade[] = [];
  const takenMs: number[] = [];
  for (let call = 0; call < CALLS_WARM_UP + samples; call++) {
    trades = tradesOf(call);
    for (const [no, time, price, quantity] of trades) {
      const candle = fold.trade(no, time, price, quantity);
      if (candle !== undefined) closed.push(candle);
    }
    const taken = await serverMs(valkey, call, trades);
    if (call >= CALLS_WARM_UP) takenMs.push(taken);
    context.signal.throwIfAborted();
  }
  const active = fold.active;
  await mustHold(valkey, { active, closed, trades });
  const row = (metric: string, value: number, unit: string): ResultRow => ({
    workload: 'market-data',
    subject: 'valkey',
    metric,
    value,
    unit,
  });
  return [
    row('calls', takenMs.length, 'calls'),
    row('tradesApplied', fold.q, 'trades'),
    row('candlesCompared', closed.length + 1, 'candles'),
    row(
      'largestVolume',
      Number([...closed, ...(active ? [active] : [])].reduce((v, c) => (c.v > v ? c.v : v), 0n)),
      'lots',
    ),
    row('serverMsPer1000Trades_min', Math.min(...takenMs), 'ms'),
    row('serverMsPer1000Trades_p50', quantile(takenMs, 0.5), 'ms'),
    row('serverMsPer1000Trades_p99', quantile(takenMs, 0.99), 'ms'),
  ];
}

/** A symbol that has not traded yet: the first write is a whole state. */
async function begin(valkey: Valkey): Promise<void> {
  const state = { epoch: 1, seq: 0, q: 0, time: START_MS, ...FRAME, candle: undefined, closed: [], trades: [] };
  await runScript(valkey, marketDataReplace, symbolKeys, marketDataReplaceArgs(state));
}

function tradesOf(call: number): Trade[] {
  return Array.from({ length: TRADES_PER_CALL }, (_, i): Trade => {
    const time = START_MS + call * TRADES_PER_CALL + i;
    return [call * TRADES_PER_CALL + i + 1, time, 100_000_000_000 + (i % 97), 999_999_999_999, i % 2 === 0];
  });
}

/** Applies the trades of a call. Returns how long the server worked on it, by its own clock. */
async function serverMs(valkey: Valkey, call: number, trades: readonly Trade[]): Promise<number> {
  const [q = 0, time = 0] = trades.at(-1) ?? [];
  const state = { epoch: 1, seq: call + 1, q, time, ...FRAME, maxTrades: RECENT_TRADES, trades };
  await valkey.config('RESETSTAT');
  const answer = await runScript(valkey, marketDataApply, symbolKeys, marketDataApplyArgs(state));
  if (answer !== 'OK') throw new CommandFailure(`the script answered ${String(answer)}`);
  const stats = await valkey.info('commandstats');
  const us = [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=\d+,usec=(\d+)/g)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
  if (us === 0) throw new CommandFailure('the server did not say how long the script took');
  return us / 1_000;
}

interface Expected {
  active: Readonly<Candle> | undefined;
  closed: readonly Candle[];
  trades: readonly Trade[];
}

async function mustHold(valkey: Valkey, { active, closed, trades }: Expected): Promise<void> {
  const held = await Promise.all([
    valkey.hgetall(keys.candle('BENCH')),
    valkey.lrange(keys.closedCandles('BENCH'), 0, -1),
    valkey.lrange(keys.trades('BENCH'), 0, -1),
  ]);
  const expected = [
    active === undefined ? {} : candleToHash(active),
    closed.map(candleToJson),
    trades.slice(-RECENT_TRADES).map((trade) => JSON.stringify(trade)),
  ];
  const names = ['open candle', 'closed candles', 'newest trades'];
  held.forEach((value, index) => {
    if (sorted(value) !== sorted(expected[index]!)) {
      throw new CommandFailure(`the ${names[index]} in the cache are not the fold of the trades`);
    }
  });
}

function sorted(value: object): string {
  return JSON.stringify(Array.isArray(value) ? value : Object.entries(value).sort());
}
