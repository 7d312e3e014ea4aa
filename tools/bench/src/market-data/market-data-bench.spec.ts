import { cleanUpOnce, type RunContext } from '@supernoba/command';
import { measureMarketData } from './market-data-bench.js';

test('every call is measured on a real Valkey, volumes pass 1e15, and the cache holds the fold of all trades', async () => {
  const ends = cleanUpOnce();
  const context = {
    options: {},
    positionals: [],
    signal: new AbortController().signal,
    say: () => undefined,
    onEnd: (step: () => Promise<void> | void) => ends.add(step),
  } satisfies RunContext<unknown>;
  try {
    const rows = new Map((await measureMarketData(context, 40)).map(({ metric, value }) => [metric, value]));
    expect([rows.get('calls'), rows.get('tradesApplied'), rows.get('candlesCompared')]).toEqual([40, 60_000, 1]);
    expect(rows.get('largestVolume')).toBeGreaterThan(1e15);
    expect(rows.get('serverMsPer1000Trades_min')).toBeGreaterThan(0);
    expect(rows.get('serverMsPer1000Trades_p99')).toBeGreaterThanOrEqual(rows.get('serverMsPer1000Trades_p50') ?? NaN);
  } finally {
    expect(await ends.run()).toEqual([]);
  }
});
