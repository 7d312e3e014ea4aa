import { foldTrades, type Interval } from '@supernoba/candles';
import { checkCandles, type CandleCheck, type ExpectedCandle, type TapeTrade } from '@supernoba/check-candles';
import { startStack, type Stack } from './stack.js';

let stack: Stack;
const atEnd: (() => void)[] = [];
beforeAll(async () => {
  stack = await startStack();
}, 120_000);
afterAll(async () => {
  for (const step of atEnd) step();
  await stack.stop();
});

/** Three hours of a market that pauses now and then. */
const START_MS = Date.UTC(2025, 11, 14, 5, 31, 7);
const tape = Array.from({ length: 150 }, (_, i): TapeTrade => {
  const pauseMs = Math.floor(i / 50) * 17 * 60_000;
  return {
    timeMs: START_MS + i * 41_000 + pauseMs,
    price: 1_000 + ((i * 37) % 101),
    quantity: 1 + (i % 5),
    takerIsBuy: i % 3 > 0,
  };
});
const rows = tape.map(({ timeMs, price, quantity }, index) => [index + 1, timeMs, price, quantity] as const);
const expected = new Map(
  (['1m', '3m', '5m', '15m', '30m', '1h'] satisfies Interval[]).map((interval) => [
    interval,
    foldTrades(rows, interval).map(({ t, o, h, l, c, v }): ExpectedCandle => [t, o, h, l, c, Number(v)]),
  ]),
);

function check(around?: CandleCheck['around']) {
  return checkCandles({
    trades: tape,
    expected,
    workload: 'e2e',
    endpoints: stack.endpoints,
    dynamo: stack.dynamo,
    say: () => undefined,
    onEnd: (step) => atEnd.push(step),
    signal: new AbortController().signal,
    ...(around === undefined ? {} : { around }),
  });
}

test('candles of the caches, of the table and of the roll-ups are those of the executions', async () => {
  const results = await check();
  const value = (metric: string) => results.find((row) => row.metric === metric)?.value ?? 0;
  expect(value('candlesCompared')).toBeGreaterThan(150);
  expect(Math.min(value('minutesInValkey'), value('minutesInDynamoDb'), value('rollupsCompared'))).toBeGreaterThan(0);
}, 90_000);

/** Places of the arguments of `marketDataApply`; those of trades are counted from the first trade. */
const ARGUMENTS: [name: string, index: number, change: (value: string | number) => string | number][] = [
  ['epoch', 0, (value) => Number(value) + 1],
  ['seq', 1, (value) => Number(value) + 1],
  ['last trade', 2, (value) => Number(value) + 1],
  ['time', 3, (value) => Number(value) + 1],
  ['depth', 4, () => ''],
  ['ticker', 5, () => ''],
  ['life of the frames', 6, () => 30],
  ['life of the trades', 7, () => 60],
  ['number of trades kept', 8, () => 1],
  ['number of a trade', 9, (value) => Number(value) + 1],
  ['time of a trade', 10, (value) => Number(value) - 60_000],
  ['price of a trade', 11, (value) => Number(value) + 1],
  ['quantity of a trade', 12, (value) => Number(value) + 1],
  ['side of a trade', 13, (value) => (value === 'true' ? 'false' : 'true')],
];

test.each(ARGUMENTS)('the check fails when one argument of the script is changed: %s', async (_name, index, change) => {
  let changed = 0;
  const failing = check((cache) => ({
    onReady: (listener) => cache.onReady(listener),
    run: (script, keys, args) => {
      if (script.name !== 'marketDataApply' || args.length <= index) return cache.run(script, keys, args);
      changed += 1;
      return cache.run(script, keys, args.with(index, change(args[index] ?? '')));
    },
  }));
  await expect(failing).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
  expect(changed).toBeGreaterThan(0);
});
