import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { eventually } from '@supernoba/testing';
import {
  STREAMS,
  TABLES,
  type CandleFrame,
  type DepthFrame,
  type FillEvent,
  type TradesFrame,
} from '@supernoba/protocol';
import { readEvents } from './events.js';
import { startStack, type Stack } from './stack.js';

/** Waits until the expectations of `check` hold. */
const holds = (check: () => void | Promise<void>) =>
  eventually(async () => {
    await check();
    return true;
  });

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

async function call(method: string, path: string, options: { token?: string; body?: unknown; raw?: string } = {}) {
  const response = await fetch(`${stack.endpoints.http}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    },
    ...(options.raw !== undefined
      ? { body: options.raw }
      : options.body !== undefined
        ? { body: JSON.stringify(options.body) }
        : {}),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as Record<string, never> };
}

test('an order shows up in depth, fills, trade history, candle and the pushes to logged-in and anonymous clients', async () => {
  const { alice, bob } = stack.endpoints.tokens;
  const frames: { depth: DepthFrame[]; trades: TradesFrame[]; candle: CandleFrame[] } = {
    depth: [],
    trades: [],
    candle: [],
  };
  const anonymousDepth: DepthFrame[] = [];
  const client = stack.client('alice');
  const anonymous = stack.client();
  client.on('depth', (frame) => frames.depth.push(frame));
  client.on('trades', (frame) => frames.trades.push(frame));
  client.on('candle', (frame) => frames.candle.push(frame));
  anonymous.on('depth', (frame) => anonymousDepth.push(frame));
  const own: { fills: string[]; statuses: string[] } = { fills: [], statuses: [] };
  client.on('fill', ({ trade_id, side, filled_qty }) => own.fills.push(`${trade_id} ${side} ${filled_qty}`));
  client.on('orderStatus', ({ status }) => own.statuses.push(status));
  for (const one of [client, anonymous]) {
    await one.connect();
    await one.subscribe({ main: 'TEST' });
  }

  const sell = await call('POST', '/orders', {
    token: bob,
    body: { symbol: 'TEST', is_buy: false, price: 15_000, quantity: 100 },
  });
  expect(sell.status).toBe(202);
  const buy = await call('POST', '/orders', {
    token: alice,
    body: { symbol: 'TEST', side: 'BUY', price: 15_010, quantity: 30 },
  });
  expect(buy.body).toMatchObject({
    symbol: 'TEST',
    order_id: expect.stringMatching(/^ord_/),
    request_id: expect.any(String),
  });

  await holds(() => expect(frames.depth.at(-1)).toMatchObject({ s: 'TEST', a: [[15_000, 70]], b: [], p: 15_000 }));
  await holds(() => expect(anonymousDepth.at(-1)).toMatchObject({ a: [[15_000, 70]] }));
  await holds(() => expect(frames.trades.flatMap(({ d }) => d)).toEqual([[1, expect.any(Number), 15_000, 30, true]]));
  await holds(() => expect(frames.candle.at(-1)).toMatchObject({ tf: '1m', o: 15_000, c: 15_000, v: 30 }));

  // Alice is told of her own side, and of nobody else's.
  await holds(() => expect(own).toEqual({ fills: ['TEST-1 BUY 30'], statuses: ['ACCEPTED', 'FILLED'] }));

  const fills = await eventually(async () => {
    const found = await readEvents<FillEvent>(stack.kinesis, STREAMS.fills.name, 'TEST');
    return found.length > 0 && found;
  });
  expect(fills).toEqual([
    {
      event: 'FILL',
      symbol: 'TEST',
      seq: expect.any(Number),
      trade_id: 'TEST-1',
      price: 15_000,
      quantity: 30,
      timestamp: expect.any(Number),
      buyer: { order_id: buy.body['order_id'], user_id: expect.any(String), fully_filled: true, is_maker: false },
      seller: { order_id: sell.body['order_id'], user_id: expect.any(String), fully_filled: false, is_maker: true },
    },
  ]);
  const rows = await eventually(async () => {
    const { Items = [] } = await stack.dynamo.send(new ScanCommand({ TableName: TABLES.tradeHistory.name }));
    return Items.length > 0 && Items;
  });
  expect(rows).toHaveLength(1);

  expect((await call('GET', '/depth/TEST')).body).toMatchObject({ a: [[15_000, 70]] });
  const chart = await call('GET', '/chart?symbol=TEST&interval=1m');
  expect(chart.body).toMatchObject({
    symbol: 'TEST',
    interval: '1m',
    data: [{ open: 15_000, close: 15_000, volume: 30 }],
  });
  expect((await call('GET', '/symbols')).body).toEqual({
    symbols: [
      { symbol: 'BTCUSD', state: 'open' },
      { symbol: 'TEST', state: 'open' },
    ],
  });
});

test('replace and cancel go all the way, and only for the owner', async () => {
  const { alice, bob } = stack.endpoints.tokens;
  const placed = await call('POST', '/orders', {
    token: alice,
    body: { symbol: 'BTCUSD', order_id: 'mine', is_buy: true, price: 500, quantity: 10 },
  });
  expect(placed.status).toBe(202);
  const bids = async () => (await call('GET', '/depth/BTCUSD')).body['b'];
  await holds(async () => expect(await bids()).toEqual([[500, 10]]));
  expect((await call('DELETE', '/orders/mine?symbol=BTCUSD', { token: bob })).status).toBe(202);
  expect(
    (await call('PUT', '/orders/mine?symbol=BTCUSD', { token: alice, body: { price: 505, quantity: 8 } })).status,
  ).toBe(202);
  await holds(async () => expect(await bids()).toEqual([[505, 8]]));
  expect((await call('DELETE', '/orders?symbol=BTCUSD', { token: alice })).status).toBe(202);
  await holds(async () => expect(await bids()).toEqual([]));
});

test.each([
  ['no token', 401, 'UNAUTHORIZED', {}],
  ['a token of somebody else’s making', 401, 'UNAUTHORIZED', { token: 'eyJhbGciOiJIUzI1NiJ9.e30.x' }],
])('an order with %s is refused', async (_name, status, code, options) => {
  const answer = await call('POST', '/orders', {
    ...options,
    body: { symbol: 'TEST', is_buy: true, price: 1, quantity: 1 },
  });
  expect(answer).toMatchObject({ status, body: { error: { code } } });
});

test.each([
  ['an unknown symbol', '{"symbol":"NONE","is_buy":true,"price":1,"quantity":1}', 404, 'UNKNOWN_SYMBOL'],
  ['a number as a string', '{"symbol":"TEST","is_buy":true,"price":"1","quantity":1}', 400, 'BAD_PRICE'],
  ['a price of 1.5', '{"symbol":"TEST","is_buy":true,"price":1.5,"quantity":1}', 400, 'BAD_PRICE'],
  ['a price of 1e400', '{"symbol":"TEST","is_buy":true,"price":1e400,"quantity":1}', 400, 'BAD_PRICE'],
  [
    'a NUL in an id',
    '{"symbol":"TEST","order_id":"a\\u0000b","is_buy":true,"price":1,"quantity":1}',
    400,
    'BAD_ORDER_ID',
  ],
  ['no JSON', '{"symbol":', 400, 'BAD_JSON'],
  ['a body over 16 KiB', `{"symbol":"TEST","x":"${'y'.repeat(17_000)}"}`, 413, 'TOO_LARGE'],
])('%s has its own clear error', async (_name, raw, status, code) => {
  const answer = await call('POST', '/orders', { token: stack.endpoints.tokens.alice, raw });
  expect(answer).toMatchObject({ status, body: { error: { code, message: expect.any(String) } } });
});

test('an order is in its owner’s history with its last state, its fills on both sides, its trade for all', async () => {
  const [alice, bob] = [stack.client('alice'), stack.client('bob')];
  const open = async () => (await alice.getOrders({ status: 'open', symbol: 'BTCUSD' })).orders;
  await bob.placeOrder({ symbol: 'BTCUSD', order_id: 'h-ask', side: 'SELL', price: 700, quantity: 5 });
  await alice.placeOrder({ symbol: 'BTCUSD', order_id: 'h-bid', side: 'BUY', price: 700, quantity: 8 });
  await holds(async () =>
    expect(await open()).toMatchObject([{ order_id: 'h-bid', status: 'PARTIALLY_FILLED', open: 3 }]),
  );
  await alice.cancelOrder({ symbol: 'BTCUSD', order_id: 'h-bid' });
  await holds(async () => expect(await open()).toEqual([]));
  const order = await alice.getOrder({ symbol: 'BTCUSD', order_id: 'h-bid' });
  expect(order).toMatchObject({ status: 'CANCELLED', quantity: 8, filled: 5, open: 0, price: 700, is_buy: true });
  expect(order.updated_at).toBeGreaterThanOrEqual(order.placed_at);
  await expect(bob.getOrder({ symbol: 'BTCUSD', order_id: 'h-bid' })).rejects.toMatchObject({ code: 'NOT_FOUND' });

  const [fill] = (await alice.getFills({ symbol: 'BTCUSD', limit: 1 })).fills;
  expect(fill).toMatchObject({ side: 'BUY', order_id: 'h-bid', filled_qty: 5, filled_price: 700, is_maker: false });
  const { fills } = await bob.getFills({ symbol: 'BTCUSD' });
  expect(fills[0]).toEqual({ ...fill, side: 'SELL', order_id: 'h-ask', is_maker: true });
  const { trades } = await bob.getTrades({ symbol: 'BTCUSD', limit: 1 });
  expect(trades).toEqual([[Number(fill!.trade_id.slice('BTCUSD-'.length)), fill!.timestamp, 700, 5, true]]);
  await holds(async () =>
    expect(await bob.getTickers()).toContainEqual(
      expect.objectContaining({ s: 'BTCUSD', state: 'open', stale: false, p: 700 }),
    ),
  );
});

test('a flushed cache is told as not known, never as an empty book, and comes back', async () => {
  const depth = () => call('GET', '/depth/TEST');
  const before = await depth();
  expect(before.status).toBe(200);
  await stack.depthCache.flushall();
  const after = await depth();
  // The engine may have healed it already; an empty book it must not be.
  if (after.status !== 200) expect(after).toMatchObject({ status: 503, body: { error: { code: 'UNAVAILABLE' } } });
  await eventually(async () => (await depth()).status === 200, { timeoutMs: 25_000 });
  expect((await depth()).body).toMatchObject({ b: before.body['b'], a: before.body['a'] });
});

test('a record that is no order becomes a dead letter, and the shard goes on', async () => {
  const before = (await stack.dynamo.send(new ScanCommand({ TableName: TABLES.deadLetters.name }))).Items?.length ?? 0;
  await stack.kinesis.send(
    new PutRecordCommand({
      StreamName: STREAMS.orders.name,
      PartitionKey: 'BTCUSD',
      Data: Buffer.from('no order at all'),
    }),
  );
  const { status } = await call('POST', '/orders', {
    token: stack.endpoints.tokens.bob,
    body: { symbol: 'BTCUSD', order_id: 'after-poison', is_buy: false, price: 900, quantity: 4 },
  });
  expect(status).toBe(202);
  await holds(async () => expect((await call('GET', '/depth/BTCUSD')).body['a']).toEqual([[900, 4]]));
  await holds(async () => {
    const { Items = [] } = await stack.dynamo.send(new ScanCommand({ TableName: TABLES.deadLetters.name }));
    expect(Items).toHaveLength(before + 1);
  });
});

test('only an administrator may halt a symbol; while halted it takes cancels alone', async () => {
  const { admin, alice } = stack.endpoints.tokens;
  expect((await call('PUT', '/admin/symbols/BTCUSD', { token: alice, body: { state: 'halted' } })).status).toBe(403);
  expect((await call('PUT', '/admin/symbols/BTCUSD', { token: admin, body: { state: 'halted' } })).status).toBeLessThan(
    300,
  );
  await holds(async () => {
    const answer = await call('GET', '/symbols');
    expect(answer.body['symbols']).toContainEqual({ symbol: 'BTCUSD', state: 'halted' });
  });
  expect(
    (await call('DELETE', '/orders/after-poison?symbol=BTCUSD', { token: stack.endpoints.tokens.bob })).status,
  ).toBe(202);
  await holds(async () => expect((await call('GET', '/depth/BTCUSD')).body['a']).toEqual([]));
  expect((await call('PUT', '/admin/symbols/BTCUSD', { token: admin, body: { state: 'open' } })).status).toBeLessThan(
    300,
  );
});

test('the page is served at the public address', async () => {
  const page = await fetch(stack.endpoints.http);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(await page.text()).toContain('<title>Supernoba');
});
