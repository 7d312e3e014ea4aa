import type { PublicTrade } from '@supernoba/protocol';
import { SupernobaError } from '../src/index.js';
import { depth } from './fake-exchange.js';
import { client, eventually, record, startExchange } from './setup.js';

const ticker = { e: 't', s: 'TEST', t: 1, p: 150, c: 2.5, yc: -1.2, o: 1, h: 2, l: 1, v: 9 };
const candle = { e: 'candle', tf: '1m', s: 'TEST', t: 60, o: 1, h: 2, l: 1, c: 2, v: 5 };
const fill = {
  trade_id: 'TEST-1',
  symbol: 'TEST',
  side: 'BUY',
  order_id: 'o1',
  filled_qty: 3,
  filled_price: 150,
  timestamp: 5,
  seq: 7,
};
const status = {
  symbol: 'TEST',
  seq: 8,
  n: 3,
  order_id: 'o1',
  user_id: 'u',
  status: 'FILLED',
  timestamp: 5,
  is_buy: true,
  order_type: 'LIMIT',
  price: 150,
  quantity: 3,
  filled: 3,
  open: 0,
};

async function connected() {
  const exchange = await startExchange();
  const sdk = client(exchange);
  await sdk.connect();
  return { exchange, sdk };
}

test('every kind of frame reaches its own listeners, alone or in an array', async () => {
  const { exchange, sdk } = await connected();
  const names = [
    'depth',
    'ticker',
    'candle',
    'candleClose',
    'trades',
    'status',
    'fill',
    'orderStatus',
    'error',
  ] as const;
  const seen = Object.fromEntries(names.map((name) => [name, record(sdk, name)]));
  const trades = { e: 'trades', s: 'TEST', d: [[1, 5, 150, 3, true]] };
  exchange.push(
    [depth(), candle],
    ticker,
    { ...candle, e: 'candle_close' },
    trades,
    { e: 'status', s: 'TEST', state: 'halted' },
    { type: 'FILL', data: fill },
    { type: 'ORDER_STATUS', data: status },
  );
  await eventually(() => seen['orderStatus']?.length === 1, 'the last frame');
  expect(seen).toEqual({
    depth: [depth()],
    ticker: [ticker],
    candle: [candle],
    candleClose: [{ ...candle, e: 'candle_close' }],
    trades: [trades],
    status: [{ e: 'status', s: 'TEST', state: 'halted' }],
    fill: [fill],
    orderStatus: [status],
    error: [],
  });
});

test('repeated frames are told once: trades, closed candles and private events; depth never goes back', async () => {
  const { exchange, sdk } = await connected();
  const names = ['depth', 'candleClose', 'trades', 'fill', 'orderStatus'] as const;
  const seen = Object.fromEntries(names.map((name) => [name, record(sdk, name)]));
  const trades = (...d: PublicTrade[]) => ({ e: 'trades', s: 'TEST', d });
  const one: PublicTrade = [1, 5, 150, 3, true];
  const two: PublicTrade = [2, 6, 150, 3, false];
  const three: PublicTrade = [3, 7, 151, 1, true];
  const frames = [
    depth({ u: 5 }),
    depth({ u: 4 }),
    { ...candle, e: 'candle_close' },
    { ...candle, e: 'candle_close' },
    trades(two, one),
    trades(one, two),
    trades(two, three),
    { type: 'FILL', data: fill },
    { type: 'FILL', data: fill },
    { type: 'FILL', data: { ...fill, side: 'SELL', order_id: 'o2' } },
    { type: 'ORDER_STATUS', data: status },
    { type: 'ORDER_STATUS', data: status },
    depth({ u: 6 }),
  ];
  exchange.push(...frames);
  await eventually(() => seen['depth']?.length === 2, 'the last frame');
  expect(seen['depth']).toEqual([depth({ u: 5 }), depth({ u: 6 })]);
  expect(seen['candleClose']).toHaveLength(1);
  expect(seen['trades']).toEqual([trades(one, two), trades(three)]);
  expect(seen['fill']).toEqual([fill, { ...fill, side: 'SELL', order_id: 'o2' }]);
  expect(seen['orderStatus']).toEqual([status]);
});

test('trades that come again after a reconnection are told once', async () => {
  const { exchange, sdk } = await connected();
  const trades = record(sdk, 'trades');
  exchange.push({ e: 'trades', s: 'TEST', d: [[1, 5, 150, 3, true]] });
  await eventually(() => trades.length === 1, 'the first trade');
  exchange.cutAll();
  await eventually(() => exchange.upgrades.length === 2 && sdk.state === 'connected', 'connected again');
  exchange.push({
    e: 'trades',
    s: 'TEST',
    d: [
      [1, 5, 150, 3, true],
      [2, 6, 151, 1, true],
    ],
  });
  await eventually(() => trades.length === 2, 'the news');
  expect(trades[1]?.d).toEqual([[2, 6, 151, 1, true]]);
});

test('an exchange begun anew, with its numbers at 1 again, is listened to', async () => {
  const { exchange, sdk } = await connected();
  const trades = record(sdk, 'trades');
  const depths = record(sdk, 'depth');
  exchange.push(depth({ u: 900 }), { e: 'trades', s: 'TEST', d: [[400, 1_000, 150, 3, true]] });
  await eventually(() => trades.length === 1, 'the old market');
  exchange.cutAll();
  await eventually(() => exchange.upgrades.length === 2 && sdk.state === 'connected', 'connected again');
  exchange.push(depth({ u: 1 }), { e: 'trades', s: 'TEST', d: [[1, 2_000, 99, 1, true]] });
  await eventually(() => trades.length === 2, 'the new market');
  expect(depths.map(({ u }) => u)).toEqual([900, 1]);
});

test('a listener that throws stops neither the others nor the client, and is reported with its cause', async () => {
  const { exchange, sdk } = await connected();
  const errors = record(sdk, 'error');
  const bug = new TypeError('a bug of the app');
  sdk.on('depth', () => {
    throw bug;
  });
  const depths = record(sdk, 'depth');
  exchange.push([depth({ u: 1 }), depth({ u: 2 })]);
  await eventually(() => depths.length === 2, 'both frames');
  expect(errors).toHaveLength(2);
  expect(errors[0]).toBeInstanceOf(SupernobaError);
  expect(errors[0]).toMatchObject({ code: 'LISTENER_FAILED', cause: bug });
  await expect(sdk.subscribe({ main: 'TEST' })).resolves.toEqual({ main: 'TEST' });
});

test('on() gives its undo, also from within the listener', async () => {
  const { exchange, sdk } = await connected();
  let once = 0;
  const undo = sdk.on('depth', () => {
    once++;
    undo();
  });
  const all = record(sdk, 'depth');
  exchange.push(depth({ u: 1 }), depth({ u: 2 }));
  await eventually(() => all.length === 2, 'both frames');
  expect(once).toBe(1);
});

test('broken frames are told as errors and end nothing', async () => {
  const { exchange, sdk } = await connected();
  const errors = record(sdk, 'error');
  const depths = record(sdk, 'depth');
  for (const text of [
    '{',
    '7',
    '[1]',
    '{"e":"d","s":"TEST"}',
    '{"e":"trades","s":"TEST","d":[1]}',
    '{"type":"FILL"}',
  ]) {
    exchange.pushText(text);
  }
  exchange.push(depth());
  await eventually(() => depths.length === 1, 'the good frame');
  expect(errors.map(({ code }) => code)).toEqual(Array(6).fill('BAD_ANSWER'));
  expect(sdk.state).toBe('connected');
});

test('frames of a later version are ignored, and unknown error codes keep their name', async () => {
  const { exchange, sdk } = await connected();
  const errors = record(sdk, 'error');
  exchange.push(
    { e: 'auction', s: 'TEST' },
    { type: 'MARGIN_CALL', data: {} },
    { e: 'err', code: 'MARS_IN_RETROGRADE', message: 'wait' },
  );
  await eventually(() => errors.length === 1, 'the error');
  expect(errors[0]).toMatchObject({ code: 'UNKNOWN', message: 'MARS_IN_RETROGRADE: wait' });
});

test("the gateway's own error frame, which names no request, is told as UNAVAILABLE", async () => {
  const { exchange, sdk } = await connected();
  const errors = record(sdk, 'error');
  exchange.push({ message: 'Internal server error', connectionId: 'abc=', requestId: 'def=' });
  await eventually(() => errors.length === 1, 'the error');
  expect(errors[0]).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
});
