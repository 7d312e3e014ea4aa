import { DAY_MS } from './days.js';
import { MarketFold, MINUTE_MS } from './market-fold.js';

/** Start of a minute; the day (+09:00) ends at 15:00 UTC. */
const T0 = Date.UTC(2025, 11, 14, 5, 54);
const DAY_END = Date.UTC(2025, 11, 14, 15);

function traded(...trades: [time: number, price: number, quantity: number][]): MarketFold {
  const fold = new MarketFold();
  for (const [time, price, quantity] of trades) {
    while (fold.minuteDeadline <= time) fold.closeMinute();
    while (fold.dayDeadline <= time) fold.closeDay();
    fold.trade([fold.q + 1, time, price, quantity, true]);
  }
  return fold;
}

test('a minute folds open, high, low, close, volume, count and the last trade number', () => {
  const fold = traded([T0, 10, 1], [T0 + 59_999, 12, 2], [T0 + 59_999, 9, 3]);
  expect(fold.candle).toEqual({ t: T0 / 1000, o: 10, h: 12, l: 9, c: 9, v: 6n, n: 3, q: 3 });
  expect(fold.minuteDeadline).toBe(T0 + MINUTE_MS);
  fold.closeMinute();
  expect([fold.candle, fold.closed.length, fold.minuteDeadline]).toEqual([undefined, 1, Infinity]);
});

test('closed candles are held for 30 minutes of journal time', () => {
  const fold = traded(...Array.from({ length: 40 }, (_, i): [number, number, number] => [T0 + i * MINUTE_MS, 10, 1]));
  fold.closeMinute();
  expect(fold.closed.map(({ t }) => t)).toEqual(
    Array.from({ length: 30 }, (_, i) => (T0 + (i + 10) * MINUTE_MS) / 1000),
  );
});

test('the newest 1,000 trades are held', () => {
  const fold = traded(...Array.from({ length: 5_000 }, (_, i): [number, number, number] => [T0, i + 1, 1]));
  expect(fold.recentTrades()).toHaveLength(1_000);
  expect([fold.recentTrades()[0]?.[0], fold.recentTrades()[999]?.[0]]).toEqual([4_001, 5_000]);
});

test('the first day compares with its first trade; it has no day before', () => {
  const fold = traded([T0, 100, 1], [T0, 125, 1]);
  expect([fold.change, fold.previousChange, fold.dayDeadline]).toEqual([25, 0, DAY_END]);
  expect(fold.day).toEqual({ o: 100, h: 125, l: 100, v: 2n });
});

test('the next day compares with the last close; the day before with the close before it', () => {
  const fold = traded([T0, 100, 1], [DAY_END, 150, 1], [DAY_END + DAY_MS, 75, 1]);
  expect([fold.prevPrevClose, fold.prevClose, fold.change, fold.previousChange]).toEqual([100, 150, -50, 50]);
  expect(fold.day).toEqual({ o: 75, h: 75, l: 75, v: 1n });
});

test('idle days carry the close over', () => {
  const fold = traded([T0, 100, 1], [DAY_END, 150, 1]);
  for (let day = 0; day < 3; day++) fold.closeDay();
  expect([fold.prevPrevClose, fold.prevClose, fold.change, fold.previousChange, fold.day]).toEqual([
    150,
    150,
    0,
    0,
    undefined,
  ]);
});

test('a day that is over is kept whole; one without a trade is the price carried over', () => {
  const fold = traded([T0, 100, 1], [T0, 120, 2], [T0, 90, 3]);
  expect(fold.previous).toBeUndefined();
  fold.closeDay();
  const day = DAY_MS / 1000;
  expect(fold.previous).toEqual({ t: DAY_END / 1000 - day, o: 100, h: 120, l: 90, c: 90, v: 6n });
  fold.closeDay();
  fold.closeDay();
  expect(fold.previous).toEqual({ t: DAY_END / 1000 + day, o: 90, h: 90, l: 90, c: 90, v: 0n });
});

test('a snapshot of a build that did not keep the previous day is taken', () => {
  const { previous, ...older } = traded([T0, 100, 1], [DAY_END, 101, 1]).state();
  expect(previous).not.toBeNull();
  expect(MarketFold.from(older).previous).toBeUndefined();
});

test('a new offset ends the current day at its first boundary', () => {
  const fold = traded([T0, 100, 1]);
  fold.setDayOffset(0, T0 + 1);
  expect(fold.dayDeadline).toBe(Date.UTC(2025, 11, 15));
});

test('state goes through JSON and back without a difference, volumes beyond 2^53 included', () => {
  const fold = traded([T0, 100, 1], [T0 + MINUTE_MS, 101, 2], [DAY_END, 102, 3]);
  fold.candle!.v = 12_345_678_901_234_567_890n;
  const state = fold.state();
  const copy = MarketFold.from(JSON.parse(JSON.stringify(state)) as typeof state);
  expect(copy.state()).toEqual(state);
  expect(copy.candle?.v).toBe(12_345_678_901_234_567_890n);
  expect(new MarketFold().state()).toEqual(MarketFold.from(new MarketFold().state()).state());
});
