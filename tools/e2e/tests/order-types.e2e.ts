import { STREAMS, type NewOrder, type OrderStatusEvent, type StatusFrame } from '@supernoba/protocol';
import { createClient, type BatchEntry } from '@supernoba/sdk-client';
import { eventually } from '@supernoba/testing';
import { WebSocket } from 'ws';
import { readEvents } from './events.js';
import { startStack, type Stack } from './stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

/** What each order of a symbol was told, in order, once `last` has been answered: `ACCEPTED`, `CANCELLED IOC` … */
async function answers(symbol: string, last: string): Promise<Record<string, string[]>> {
  const events = await eventually(async () => {
    const found = await readEvents<OrderStatusEvent>(stack.kinesis, STREAMS.orderStatus.name, symbol);
    return found.some(({ order_id }) => order_id === last) && found;
  });
  const told: Record<string, string[]> = {};
  for (const { order_id, status, reason } of events) {
    (told[order_id] ??= []).push(reason === undefined ? status : `${status} ${reason}`);
  }
  return told;
}

const limit = (
  order_id: string,
  side: 'BUY' | 'SELL',
  price: number,
  quantity: number,
  more: Partial<NewOrder> = {},
) => ({
  order_id,
  side,
  price,
  quantity,
  ...more,
});

test('every type, condition and change goes from a batch over HTTP to its statuses', async () => {
  const bob = stack.client('bob');
  const alice = stack.client('alice');
  await bob.placeOrder({ symbol: 'TEST', ...limit('ask', 'SELL', 100, 50) });
  const batch: BatchEntry[] = [
    limit('limit', 'BUY', 100, 10),
    { order_id: 'market', side: 'BUY', order_type: 'MARKET', quantity: 5 },
    { order_id: 'stop-now', side: 'SELL', order_type: 'STOP', stop_price: 100, quantity: 1 },
    limit('ioc', 'BUY', 99, 5, { tif: 'IOC' }),
    limit('fok', 'BUY', 100, 1_000, { tif: 'FOK' }),
    limit('day', 'BUY', 90, 5, { tif: 'DAY' }),
    limit('post', 'BUY', 100, 1, { post_only: true }),
    limit('aon', 'BUY', 100, 500, { all_or_none: true }),
    limit('iceberg', 'BUY', 95, 100, { display_quantity: 10 }),
    { order_id: 'stop', side: 'BUY', order_type: 'STOP', stop_price: 105, quantity: 1 },
    limit('stop-limit', 'BUY', 107, 1, { order_type: 'STOP_LIMIT', stop_price: 106 }),
    limit('bad', 'BUY', 90, 1, { tif: 'IOC', post_only: true }),
    { action: 'REPLACE', order_id: 'iceberg', price: 94 },
    { action: 'REPLACE', order_id: 'iceberg', quantity: 90 },
    { action: 'REPLACE', order_id: 'iceberg', display_quantity: 20 },
    { action: 'REPLACE', order_id: 'stop', stop_price: 108 },
    { action: 'REPLACE', order_id: 'none', quantity: 1 },
    { action: 'CANCEL', order_id: 'stop-limit' },
    limit('taker', 'SELL', 94, 1, { stp: 'CANCEL_TAKER' }),
    limit('decrement', 'SELL', 94, 1, { stp: 'DECREMENT' }),
    limit('both', 'SELL', 94, 1, { stp: 'CANCEL_BOTH' }),
    limit('maker', 'SELL', 90, 1, { stp: 'CANCEL_MAKER' }),
    { action: 'CANCEL_ALL' },
    limit('last', 'BUY', 1, 1),
  ];
  await alice.placeOrders({ symbol: 'TEST', orders: batch });
  expect(await answers('TEST', 'last')).toEqual({
    ask: ['ACCEPTED', 'PARTIALLY_FILLED', 'PARTIALLY_FILLED'],
    limit: ['ACCEPTED', 'FILLED'],
    market: ['ACCEPTED', 'FILLED'],
    'stop-now': ['ACCEPTED', 'TRIGGERED', 'CANCELLED NO_LIQUIDITY'],
    ioc: ['ACCEPTED', 'CANCELLED IOC'],
    fok: ['ACCEPTED', 'CANCELLED FOK'],
    day: ['ACCEPTED', 'CANCELLED STP'],
    post: ['REJECTED POST_ONLY_WOULD_TAKE'],
    aon: ['ACCEPTED', 'CANCELLED'],
    iceberg: ['ACCEPTED', 'REPLACED', 'REPLACED', 'REPLACED', 'REPLACED STP', 'CANCELLED STP'],
    stop: ['ACCEPTED', 'REPLACED', 'CANCELLED'],
    'stop-limit': ['ACCEPTED', 'CANCELLED'],
    bad: ['REJECTED BAD_COMBINATION'],
    none: ['REPLACE_REJECTED UNKNOWN_ORDER'],
    taker: ['ACCEPTED', 'CANCELLED STP'],
    decrement: ['ACCEPTED', 'CANCELLED STP'],
    both: ['ACCEPTED', 'CANCELLED STP'],
    maker: ['ACCEPTED', 'CANCELLED'],
    last: ['ACCEPTED'],
  });
});

test('the same orders go one by one over the WebSocket, and their owner is told', async () => {
  const client = createClient({
    url: stack.endpoints.http,
    ws: WebSocket,
    auth: () => stack.endpoints.tokens.bob,
    orderTransport: 'websocket',
  });
  try {
    const told: string[] = [];
    client.on('orderStatus', ({ symbol, order_id, status, reason = '' }) => {
      if (symbol === 'BTCUSD') told.push(`${order_id} ${status} ${reason}`.trimEnd());
    });
    await client.connect();
    const symbol = 'BTCUSD';
    await client.placeOrder({ symbol, ...limit('w-iceberg', 'SELL', 100, 100, { display_quantity: 5, tif: 'DAY' }) });
    await client.placeOrder({ symbol, ...limit('w-aon', 'SELL', 101, 7, { all_or_none: true }) });
    await client.placeOrder({ symbol, ...limit('w-post', 'SELL', 102, 1, { post_only: true, stp: 'DECREMENT' }) });
    await client.placeOrder({ symbol, order_id: 'w-market', side: 'SELL', order_type: 'MARKET', quantity: 1 });
    await client.placeOrder({
      symbol,
      order_id: 'w-stop',
      side: 'BUY',
      order_type: 'STOP',
      stop_price: 9,
      quantity: 1,
    });
    const stopLimit = { order_type: 'STOP_LIMIT', stop_price: 9, tif: 'FOK' } as const;
    await client.placeOrder({ symbol, ...limit('w-stop-limit', 'BUY', 10, 1, stopLimit) });
    await client.replaceOrder({ symbol, order_id: 'w-stop', stop_price: 8, quantity: 2 });
    await client.cancelOrder({ symbol, order_id: 'w-aon' });
    await client.cancelAll({ symbol });
    await eventually(() => told.length === 13);
    expect(told.sort()).toEqual([
      'w-aon ACCEPTED',
      'w-aon CANCELLED',
      'w-iceberg ACCEPTED',
      'w-iceberg CANCELLED',
      'w-market ACCEPTED',
      'w-market CANCELLED NO_LIQUIDITY',
      'w-post ACCEPTED',
      'w-post CANCELLED',
      'w-stop ACCEPTED',
      'w-stop CANCELLED',
      'w-stop REPLACED',
      'w-stop-limit ACCEPTED',
      'w-stop-limit CANCELLED',
    ]);
  } finally {
    client.close();
  }
});

test('an administrator sets band and halt; both act, and the halt is pushed, listed and over by its timer', async () => {
  const symbol = 'BTCUSD';
  const config = { reference_price: 1_000, price_band_bps: 1_000, halt_threshold_bps: 500, halt_duration_ms: 1_500 };
  const answer = await fetch(`${stack.endpoints.http}/admin/symbols/${symbol}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${stack.endpoints.tokens.admin}` },
    body: JSON.stringify({ config }),
  });
  expect([answer.status, await answer.json()]).toMatchObject([200, { config }]);
  const watcher = stack.client();
  const states: StatusFrame['state'][] = [];
  watcher.on('status', ({ state }) => states.push(state));
  await watcher.connect();
  await watcher.subscribe({ main: symbol });
  await eventually(() => states.includes('open'));

  await stack.client('bob').placeOrders({
    symbol,
    orders: [limit('b-far', 'SELL', 1_101, 1), limit('b-1', 'SELL', 1_040, 1), limit('b-2', 'SELL', 1_060, 5)],
  });
  await stack.client('alice').placeOrders({
    symbol,
    orders: [limit('b-shock', 'BUY', 1_060, 3), limit('b-late', 'BUY', 1_000, 1)],
  });
  expect(await answers(symbol, 'b-late')).toMatchObject({
    'b-far': ['REJECTED PRICE_BAND'],
    'b-1': ['ACCEPTED', 'FILLED'],
    'b-2': ['ACCEPTED'],
    'b-shock': ['ACCEPTED', 'CANCELLED HALTED'],
    'b-late': ['REJECTED HALTED'],
  });
  await eventually(async () => (await watcher.getSymbols()).find((row) => row.symbol === symbol)?.state === 'halted');
  await eventually(async () => (await watcher.getSymbols()).find((row) => row.symbol === symbol)?.state === 'open');
  await eventually(() => states.length === 3);
  expect(states).toEqual(['open', 'halted', 'open']);
});
