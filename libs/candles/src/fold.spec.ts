import fc from 'fast-check';
import {
  bucketStart,
  CandleError,
  CandleFold,
  CandleRollup,
  foldCandles,
  foldTrades,
  INTERVALS,
  isChained,
  nests,
  type Candle,
  type Interval,
  type TradeRow,
} from './index.js';

const MINUTE_MS = 60_000;
const START_MS = Date.parse('2025-12-14T00:00:00Z');

/** Trades numbered from 1, event time never going back, minutes and hours skipped now and then. */
const anyTrades = fc
  .array(
    fc.record({
      stepMs: fc.oneof(
        fc.integer({ min: 0, max: 2_000 }),
        fc.integer({ min: 0, max: 5 * MINUTE_MS }),
        fc.integer({ min: 0, max: 600 * MINUTE_MS }),
      ),
      price: fc.integer({ min: 1, max: 1_000_000_000_000 }),
      qty: fc.integer({ min: 1, max: 1_000_000_000_000 }),
    }),
    { maxLength: 80 },
  )
  .map((steps) => {
    let timeMs = START_MS;
    return steps.map(({ stepMs, price, qty }, index): TradeRow => [index + 1, (timeMs += stepMs), price, qty]);
  });
const anyOffset = fc.constantFrom(540, 0, -300, 345);

/** The definition, written down as plainly as possible: group by bucket, then look at each group. */
function candlesByDefinition(trades: readonly TradeRow[], interval: Interval, offset: number): Candle[] {
  const groups = new Map<number, TradeRow[]>();
  for (const trade of trades) {
    const start = bucketStart(interval, trade[1], offset);
    groups.set(start, [...(groups.get(start) ?? []), trade]);
  }
  return [...groups].map(([t, group]) => ({
    t,
    o: group.at(0)?.[2] ?? 0,
    h: Math.max(...group.map(([, , price]) => price)),
    l: Math.min(...group.map(([, , price]) => price)),
    c: group.at(-1)?.[2] ?? 0,
    v: group.reduce((sum, [, , , qty]) => sum + BigInt(qty), 0n),
    n: group.length,
    q: group.at(-1)?.[0] ?? 0,
  }));
}

test('folding trades gives what the definition of a candle says, for every interval', () => {
  fc.assert(
    fc.property(anyTrades, fc.constantFrom(...INTERVALS), anyOffset, (trades, interval, offset) => {
      expect(foldTrades(trades, interval, offset)).toEqual(candlesByDefinition(trades, interval, offset));
    }),
  );
});

test('folding to a lower interval and then up is folding directly, wherever the intervals nest', () => {
  fc.assert(
    fc.property(
      anyTrades,
      fc.constantFrom(...INTERVALS),
      fc.constantFrom(...INTERVALS),
      anyOffset,
      (trades, from, to, offset) => {
        fc.pre(nests(from, to, offset));
        expect(foldCandles(foldTrades(trades, from, offset), from, to, offset)).toEqual(foldTrades(trades, to, offset));
      },
    ),
    { numRuns: 300 },
  );
});

test('a fold that is stopped after any trade and resumed, with trades repeated, ends the same', () => {
  fc.assert(
    fc.property(
      anyTrades,
      fc.constantFrom(...INTERVALS),
      fc.nat(80),
      fc.nat(10),
      anyOffset,
      (trades, interval, cut, repeat, offset) => {
        const first = foldTrades(trades.slice(0, cut), interval, offset);
        const active = first.at(-1);
        const resumed = new CandleFold(interval, { dayOffsetMin: offset, ...(active && { active }) });
        const candles = first.slice(0, -1);
        for (const [no, timeMs, price, qty] of trades.slice(Math.max(0, Math.min(cut, trades.length) - repeat))) {
          const closed = resumed.trade(no, timeMs, price, qty);
          if (closed) candles.push(closed);
        }
        if (resumed.active) candles.push(resumed.active);
        expect(candles).toEqual(foldTrades(trades, interval, offset));
      },
    ),
  );
});

test('a rollup that sees the lower candle grow trade by trade shows the higher candle after every trade', () => {
  fc.assert(
    fc.property(anyTrades, fc.constantFrom('3m', '15m', '1h', '1d'), (trades, to: Interval) => {
      const minutes = new CandleFold('1m');
      const rollup = new CandleRollup('1m', to);
      const closed: Candle[] = [];
      trades.forEach(([no, timeMs, price, qty], index) => {
        minutes.trade(no, timeMs, price, qty);
        const { active } = minutes;
        if (!active) throw new Error('a fold without an open candle after a trade');
        const step = rollup.update(active);
        if (step.closed) closed.push(step.closed);
        expect(step.candle).toEqual(foldTrades(trades.slice(0, index + 1), to).at(-1));
        expect(rollup.current).toEqual(step.candle);
      });
      expect(closed).toEqual(foldTrades(trades, to).slice(0, -1));
    }),
  );
});

test('every candle is chained to the one before it by trade number and count', () => {
  fc.assert(
    fc.property(anyTrades, fc.constantFrom(...INTERVALS), (trades, interval) => {
      const candles = foldTrades(trades, interval);
      candles.slice(1).forEach((candle, index) => expect(isChained(candles[index] as Candle, candle)).toBe(true));
    }),
  );
});

// The earlier system cut a 5m candle after every five 1m candles it had seen, so one quiet minute shifted all that followed.
test('regression: higher candles are cut at aligned boundaries, not every N candles', () => {
  const minute = (index: number): Candle => ({
    t: START_MS / 1000 + index * 60,
    o: 1,
    h: 1,
    l: 1,
    c: 1,
    v: 1n,
    n: 1,
    q: index,
  });
  const traded = [2, 3, 4, 6, 7, 8, 11, 12, 13, 14, 15].map(minute);
  expect(foldCandles(traded, '1m', '5m').map(({ t, v }) => [(t - START_MS / 1000) / 60, v])).toEqual([
    [0, 3n],
    [5, 3n],
    [10, 4n],
    [15, 1n],
  ]);
});

test('volumes past 2^53 stay exact', () => {
  const trades = Array.from({ length: 9_100 }, (_, index): TradeRow => [index + 1, START_MS, 1, 999_999_999_999]);
  expect(foldTrades(trades, '1m')).toEqual([
    { t: START_MS / 1000, o: 1, h: 1, l: 1, c: 1, v: 9_100n * 999_999_999_999n, n: 9_100, q: 9_100 },
  ]);
});

test('a public trade row folds as it comes off the wire', () => {
  const rows: [number, number, number, number, boolean][] = [
    [7, START_MS + 1, 150, 30, true],
    [8, START_MS + 59_999, 149, 1, false],
  ];
  expect(foldTrades(rows, '1m')).toEqual([{ t: START_MS / 1000, o: 150, h: 150, l: 149, c: 149, v: 31n, n: 2, q: 8 }]);
});

test('an open candle closes at its end by the given time, once, and a later repeat of its trades changes nothing', () => {
  const fold = new CandleFold('1m');
  expect(fold.trade(1, START_MS + 10, 5, 2)).toBeUndefined();
  expect(fold.closeAt(START_MS + 59_999)).toBeUndefined();
  const candle = { t: START_MS / 1000, o: 5, h: 5, l: 5, c: 5, v: 2n, n: 1, q: 1 };
  expect(fold.closeAt(START_MS + 60_000)).toEqual(candle);
  expect(fold.closeAt(START_MS + 60_000)).toBeUndefined();
  expect(fold.active).toBeUndefined();
  fold.trade(1, START_MS + 10, 5, 2);
  expect([fold.active, fold.q]).toEqual([undefined, 1]);
});

test('a fold hands out copies: changing one changes nothing inside', () => {
  const fold = new CandleFold('1m');
  fold.trade(1, START_MS, 5, 2);
  const copy = fold.active as Candle;
  copy.v = 99n;
  const rollup = new CandleRollup('1m', '5m');
  rollup.update(fold.active as Candle).candle.v = 77n;
  expect([fold.active?.v, rollup.current?.v]).toEqual([2n, 2n]);
});

test.each<[string, () => unknown]>([
  ['BAD_TRADE', () => foldTrades([[0, START_MS, 1, 1]], '1m')],
  ['BAD_TRADE', () => foldTrades([[1, START_MS, 1.5, 1]], '1m')],
  ['BAD_TRADE', () => foldTrades([[1, START_MS, 1, -1]], '1m')],
  ['BAD_TRADE', () => foldTrades([[1, Number.NaN, 1, 1]], '1m')],
  [
    'OUT_OF_ORDER',
    () =>
      foldTrades(
        [
          [1, START_MS, 1, 1],
          [2, START_MS - 1, 1, 1],
        ],
        '1m',
      ),
  ],
  ['BAD_CANDLE', () => new CandleFold('5m', { active: candleAt(60) })],
  ['BAD_INTERVAL', () => new CandleRollup('3m', '5m')],
  ['BAD_INTERVAL', () => foldCandles([], '4h', '1d')],
  ['BAD_CANDLE', () => foldCandles([candleAt(60)], '5m', '15m')],
  ['OUT_OF_ORDER', () => foldCandles([candleAt(60), candleAt(0)], '1m', '5m')],
  ['OUT_OF_ORDER', () => foldCandles([candleAt(60), candleAt(60)], '1m', '5m')],
])('refuses with %s', (code, run) => {
  expect(run).toThrow(CandleError);
  expect(run).toThrow(expect.objectContaining({ code }));
});

function candleAt(t: number): Candle {
  return { t, o: 1, h: 1, l: 1, c: 1, v: 1n, n: 1, q: 1 };
}
