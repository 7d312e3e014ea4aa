import type { HttpAnswer } from '@supernoba/edge';
import { answerOf, frameOf, httpApiEvent, refusalOf, restEvent, socketEvent } from '@supernoba/edge/testing';
import type { HttpCall } from '@supernoba/edge/testing';
import { decodeRecord } from '@supernoba/protocol';
import { openRoom, type Room } from './room.js';

let room: Room;
let token: string;
const order = { symbol: 'TEST', order_id: 'my-1', request_id: 'req-1', side: 'BUY', price: 150, quantity: 30 };

beforeAll(async () => {
  room = await openRoom({ TEST: 'open', BTCUSD: 'open', HALT: 'halted', GONE: 'delisted' });
  token = await room.issuer.token('alice');
});
afterAll(() => room.close());

/** What a call adds to the journal. */
async function call(method: string, path: string, options: HttpCall = {}, make = restEvent) {
  const before = (await room.kinesis.records()).length;
  const answer = (await room.handler(make(method, path, { token, ...options }))) as HttpAnswer;
  const records = await room.kinesis.records();
  return { answer, added: records.length - before, records };
}

async function frame(connectionId: string, body: unknown) {
  const before = (await room.kinesis.records()).length;
  const answer = frameOf(await room.handler(socketEvent(connectionId, body)));
  return { answer, added: (await room.kinesis.records()).length - before };
}

describe('accepted', () => {
  test.each([
    ['a REST event', restEvent],
    ['an HTTP API event', httpApiEvent],
  ])('a new order by %s stands in the journal as the contract writes it', async (_name, make) => {
    const { answer, records } = await call('POST', '/orders', { body: order }, make);
    expect(answerOf(answer)).toEqual({ status: 202, body: { order_id: 'my-1', request_id: 'req-1', symbol: 'TEST' } });
    const entry = {
      action: 'ADD',
      symbol: 'TEST',
      order_id: 'my-1',
      user_id: 'alice',
      request_id: 'req-1',
      timestamp: room.clock.now,
      is_buy: true,
      price: 150,
      quantity: 30,
    };
    expect(records).toContainEqual({ partitionKey: 'TEST', data: entry });
  });

  test('every optional field arrives, and the ids that are missing are made', async () => {
    const { order_id: _, request_id: __, ...anonymous } = order;
    const options = {
      order_type: 'STOP_LIMIT',
      tif: 'DAY',
      post_only: true,
      all_or_none: false,
      stop_price: 149,
      display_quantity: 5,
      stp: 'DECREMENT',
    };
    const { answer, records } = await call('POST', '/orders', {
      body: { ...anonymous, action: 'ADD', symbol: 'BTCUSD', ...options },
    });
    const { status, body } = answerOf(answer);
    expect(status).toBe(202);
    const ids = body as { order_id: string; request_id: string };
    expect(ids.order_id).toMatch(/^ord_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ids.request_id).toMatch(/^req_[0-9a-f-]{36}$/);
    expect(records.find(({ partitionKey }) => partitionKey === 'BTCUSD')?.data).toMatchObject({
      ...options,
      order_id: ids.order_id,
      user_id: 'alice',
    });
  });

  test.each<[string, string, HttpCall, { action: string; order_id?: string; request_id: string; price?: number }]>([
    [
      'PUT',
      '/orders/my-1',
      { query: { symbol: 'TEST' }, body: { price: 151, request_id: 'r2' } },
      { action: 'REPLACE', order_id: 'my-1', price: 151, request_id: 'r2' },
    ],
    [
      'DELETE',
      '/orders/my-1',
      { query: { symbol: 'TEST', request_id: 'r3' } },
      { action: 'CANCEL', order_id: 'my-1', request_id: 'r3' },
    ],
    ['DELETE', '/orders', { query: { symbol: 'TEST', request_id: 'r4' } }, { action: 'CANCEL_ALL', request_id: 'r4' }],
    [
      'POST',
      '/orders',
      { body: { action: 'CANCEL', symbol: 'TEST', order_id: 'my-1', request_id: 'r5' } },
      { action: 'CANCEL', order_id: 'my-1', request_id: 'r5' },
    ],
  ])('%s %s', async (method, path, options, entry) => {
    const { answer, records } = await call(method, path, options);
    const expected = { symbol: 'TEST', user_id: 'alice', timestamp: room.clock.now, ...entry };
    expect(answerOf(answer)).toEqual({
      status: 202,
      body: { order_id: entry.order_id ?? '', request_id: entry.request_id, symbol: 'TEST' },
    });
    expect(records).toContainEqual({ partitionKey: 'TEST', data: expected });
  });

  test('a batch of mixed actions is one record, in order, that the engine reads', async () => {
    const batch = [
      { ...order, order_id: 'b-1', request_id: 'b1' },
      { action: 'REPLACE', order_id: 'b-1', quantity: 20, request_id: 'b2' },
      { action: 'CANCEL', order_id: 'b-1', request_id: 'b3' },
      { action: 'CANCEL_ALL', request_id: 'b4' },
    ];
    const { answer, added, records } = await call('POST', '/orders/batch', { body: { symbol: 'TEST', orders: batch } });
    expect(answerOf(answer)).toEqual({
      status: 202,
      body: {
        symbol: 'TEST',
        orders: ['b-1', 'b-1', 'b-1', ''].map((order_id, i) => ({ order_id, request_id: `b${i + 1}`, symbol: 'TEST' })),
      },
    });
    expect(added).toBe(1);
    const record = records.find(({ data }) => Array.isArray(data));
    const read = decodeRecord(Buffer.from(JSON.stringify(record?.data)), 'TEST');
    expect(read.map((element) => element.ok && element.entry.action)).toEqual([
      'ADD',
      'REPLACE',
      'CANCEL',
      'CANCEL_ALL',
    ]);
    const bare = await call('POST', '/orders/batch', { body: [order, { ...order, order_id: 'b-2' }] });
    expect([bare.answer.statusCode, bare.added]).toEqual([202, 1]);
  });
});

describe('refused, and nothing reaches the journal', () => {
  const raw = (text: string) => JSON.stringify(order).replace('"price":150', text);
  test.each<[string, unknown, number, string]>([
    ['no body', '', 400, 'BAD_JSON'],
    ['no JSON', '{"symbol"', 400, 'BAD_JSON'],
    ['an array', [order], 400, 'BAD_REQUEST'],
    ['null', 'null', 400, 'BAD_REQUEST'],
    ['a body over 16 KiB', JSON.stringify(order).padEnd(16 * 1024 + 1), 413, 'TOO_LARGE'],
    ['an unknown symbol', { ...order, symbol: 'NOPE' }, 404, 'UNKNOWN_SYMBOL'],
    ['a symbol that forges a key', { ...order, symbol: 'TEST:main' }, 400, 'BAD_SYMBOL'],
    ['a number as a string', { ...order, price: '150' }, 400, 'BAD_PRICE'],
    ['a quantity as a string', { ...order, quantity: '30' }, 400, 'BAD_QUANTITY'],
    ['a price of 1.5', { ...order, price: 1.5 }, 400, 'BAD_PRICE'],
    ['a price of 1e400', raw('"price":1e400'), 400, 'BAD_PRICE'],
    ['a price of 0', { ...order, price: 0 }, 400, 'BAD_PRICE'],
    ['a price above 1e12', { ...order, price: 1e12 + 1 }, 400, 'BAD_PRICE'],
    ['a negative quantity', { ...order, quantity: -1 }, 400, 'BAD_QUANTITY'],
    ['a NUL in an id', { ...order, order_id: 'a\u0000b' }, 400, 'BAD_ORDER_ID'],
    ['a NUL in a request id', { ...order, request_id: 'a\u0000b' }, 400, 'BAD_REQUEST_ID'],
    ['an unknown field', { ...order, colour: 'red' }, 400, 'UNKNOWN_FIELD'],
    ['a user id', { ...order, user_id: 'bob' }, 400, 'UNKNOWN_FIELD'],
    ['a timestamp', { ...order, timestamp: 1 }, 400, 'UNKNOWN_FIELD'],
    ['an own __proto__', raw('"price":150,"__proto__":{"a":1}'), 400, 'UNKNOWN_FIELD'],
    ['a symbol record', { ...order, action: 'SYMBOL', op: 'HALT' }, 400, 'UNKNOWN_ACTION'],
    ['a tick', { action: 'TICK' }, 400, 'UNKNOWN_ACTION'],
    ['neither side nor is_buy', { ...order, side: undefined }, 400, 'BAD_REQUEST'],
    ['a side that is none', { ...order, side: 'buy' }, 400, 'BAD_REQUEST'],
    ['a halted symbol', { ...order, symbol: 'HALT' }, 409, 'SYMBOL_HALTED'],
    ['a delisted symbol', { ...order, symbol: 'GONE' }, 409, 'SYMBOL_HALTED'],
  ])('%s', async (_name, body, status, code) => {
    for (const make of [restEvent, httpApiEvent]) {
      const { answer, added } = await call('POST', '/orders', { body }, make);
      expect([...refusalOf(answer), added]).toEqual([status, code, 0]);
    }
  });

  test.each<[string, unknown, number, string, unknown]>([
    ['empty', [], 400, 'BAD_REQUEST', { field: 'orders' }],
    ['too long', Array.from({ length: 101 }, () => 1), 400, 'BAD_REQUEST', { field: 'orders' }],
    ['of two symbols', [order, { ...order, symbol: 'BTCUSD' }], 400, 'SYMBOL_MISMATCH', { index: 1, field: 'symbol' }],
    ['with one bad entry', [order, { ...order, price: 1.5 }], 400, 'BAD_PRICE', { index: 1, field: 'price' }],
    [
      'that replaces in a halted symbol',
      [
        { action: 'CANCEL', symbol: 'HALT', order_id: 'a' },
        { action: 'REPLACE', symbol: 'HALT', order_id: 'a' },
      ],
      409,
      'SYMBOL_HALTED',
      { symbol: 'HALT', state: 'halted' },
    ],
    ['with an unknown field around', { orders: [order], user_id: 'bob' }, 400, 'UNKNOWN_FIELD', { field: 'user_id' }],
  ])('a batch %s', async (_name, body, status, code, details) => {
    const { answer, added } = await call('POST', '/orders/batch', { body });
    expect([...refusalOf(answer), added]).toEqual([status, code, 0]);
    expect(answerOf(answer)).toMatchObject({ body: { error: { details } } });
  });

  test.each<[string, string, HttpCall, number, string]>([
    ['PUT', '/orders/a%00b', { query: { symbol: 'TEST' }, body: {} }, 400, 'BAD_ORDER_ID'],
    ['PUT', '/orders/my-1', { body: { price: 1 } }, 400, 'BAD_SYMBOL'],
    ['PUT', '/orders/my-1', { query: { symbol: 'TEST' }, body: { symbol: 'BTCUSD' } }, 400, 'SYMBOL_MISMATCH'],
    ['PUT', '/orders/my-1', { query: { symbol: 'TEST' }, body: { order_id: 'other' } }, 400, 'BAD_ORDER_ID'],
    ['PUT', '/orders/my-1', { query: { symbol: 'TEST' }, body: { action: 'ADD' } }, 400, 'UNKNOWN_ACTION'],
    ['PUT', '/orders/my-1', { query: { symbol: 'TEST' }, body: { side: 'BUY' } }, 400, 'UNKNOWN_FIELD'],
    ['PUT', '/orders', { body: {} }, 404, 'NOT_FOUND'],
    ['DELETE', '/orders/my-1', {}, 400, 'BAD_SYMBOL'],
    ['DELETE', '/orders', {}, 400, 'BAD_SYMBOL'],
    ['DELETE', '/orders/my-1', { query: { symbol: 'NOPE' } }, 404, 'UNKNOWN_SYMBOL'],
    ['PATCH', '/orders/my-1', {}, 404, 'NOT_FOUND'],
    ['POST', '/orders/my-1', { body: order }, 404, 'NOT_FOUND'],
    ['GET', '/orders', {}, 404, 'NOT_FOUND'],
    ['GET', '/orders/my-1', {}, 404, 'NOT_FOUND'],
    ['GET', '/fills', {}, 404, 'NOT_FOUND'],
  ])('%s %s', async (method, path, options, status, code) => {
    const { answer, added } = await call(method, path, options);
    expect([...refusalOf(answer), added]).toEqual([status, code, 0]);
  });

  test('whoever has no valid token, whatever else is sent', async () => {
    const expired = await room.issuer.token('alice', { exp: 1 });
    const tries: [HttpCall, string][] = [
      [{ token: '' }, 'UNAUTHORIZED'],
      [{ token: 'abc' }, 'UNAUTHORIZED'],
      [{ token: expired }, 'TOKEN_EXPIRED'],
      [{ headers: { Authorization: `Basic ${token}` } }, 'UNAUTHORIZED'],
      [{ token: '', query: { token, userId: 'alice', testMode: 'true' } }, 'UNAUTHORIZED'],
    ];
    for (const [options, code] of tries) {
      const { answer, added } = await call('POST', '/orders', { body: order, ...options });
      expect([...refusalOf(answer), added]).toEqual([401, code, 0]);
    }
  });
});

test('a halted or delisted symbol takes cancels', async () => {
  for (const symbol of ['HALT', 'GONE']) {
    const { answer, added } = await call('DELETE', '/orders/my-1', { query: { symbol } });
    expect([answer.statusCode, added]).toEqual([202, 1]);
  }
});

describe('over the WebSocket', () => {
  const inAnHour = () => Math.floor(room.clock.now / 1000) + 3600;
  const request = { action: 'order', id: 7, order: { ...order, order_id: 'ws-1' } };

  test('a logged-in connection places orders as its user', async () => {
    await room.connections.open('c1', { userId: 'bob', isLoggedIn: true, connectedAt: 1, exp: inAnHour() });
    const { answer, added } = await frame('c1', request);
    expect(answer).toEqual({ e: 'ack', id: 7, order: { order_id: 'ws-1', request_id: 'req-1', symbol: 'TEST' } });
    expect(added).toBe(1);
    const records = await room.kinesis.records();
    expect(records.map(({ data }) => data)).toContainEqual(
      expect.objectContaining({ order_id: 'ws-1', user_id: 'bob' }),
    );
  });

  test('an order may stand in the request itself', async () => {
    await room.connections.open('flat', { userId: 'bob', isLoggedIn: true, connectedAt: 1, exp: inAnHour() });
    const { answer, added } = await frame('flat', { ...order, order_id: 'ws-flat', action: 'order', id: 'f' });
    expect(answer).toMatchObject({ e: 'ack', id: 'f', order: { order_id: 'ws-flat', symbol: 'TEST' } });
    expect(added).toBe(1);
  });

  test('an anonymous, an unknown and an expired connection do not', async () => {
    await room.connections.open('c2', { userId: '', isLoggedIn: false, connectedAt: 1, exp: 0 });
    await room.connections.open('c3', {
      userId: 'bob',
      isLoggedIn: true,
      connectedAt: 1,
      exp: Math.floor(room.clock.now / 1000),
    });
    for (const [connectionId, code] of [
      ['c2', 'UNAUTHORIZED'],
      ['c9', 'UNAUTHORIZED'],
      ['c3', 'TOKEN_EXPIRED'],
    ] as const) {
      expect(await frame(connectionId, request)).toMatchObject({ answer: { e: 'err', id: 7, code }, added: 0 });
    }
  });

  test.each<[string, unknown, unknown, string]>([
    ['no JSON', '{', undefined, 'BAD_JSON'],
    ['over 16 KiB', ' '.repeat(16 * 1024 + 1), undefined, 'TOO_LARGE'],
    ['a user id inside', { ...request, order: { ...order, user_id: 'eve' } }, 7, 'UNKNOWN_FIELD'],
    ['a user id outside', { ...request, user_id: 'eve' }, 7, 'UNKNOWN_FIELD'],
    ['no order', { action: 'order', id: 'x' }, 'x', 'BAD_REQUEST'],
    ['a price of 1.5', { ...request, order: { ...order, price: 1.5 } }, 7, 'BAD_PRICE'],
  ])('%s is an err frame', async (_name, body, id, code) => {
    await room.connections.open('c1', { userId: 'bob', isLoggedIn: true, connectedAt: 1, exp: inAnHour() });
    const { answer, added } = await frame('c1', body);
    expect(answer).toEqual({ e: 'err', ...(id === undefined ? {} : { id }), code, message: expect.any(String) });
    expect(added).toBe(0);
  });
});

describe('when something is away', () => {
  let lost: Room;
  beforeEach(async () => {
    lost = await openRoom({ TEST: 'open' });
  });
  afterEach(() => lost.close());
  const place = async () =>
    (await lost.handler(
      restEvent('POST', '/orders', { token: await lost.issuer.token('alice'), body: order }),
    )) as HttpAnswer;

  test('without the cache it is 503 with Retry-After', async () => {
    await lost.server.stop();
    const answer = await place();
    expect(refusalOf(answer)).toEqual([503, 'UNAVAILABLE']);
    expect(answer.headers['retry-after']).toBe('1');
  });

  test('without the stream it is 503, and names the ids to repeat with', async () => {
    await lost.kinesis.stop();
    lost.kinesis.stop = () => Promise.resolve();
    const answer = await place();
    expect(refusalOf(answer)).toEqual([503, 'UNAVAILABLE']);
    expect(answerOf(answer).body).toMatchObject({
      error: { details: { orders: [{ order_id: 'my-1', request_id: 'req-1', symbol: 'TEST' }] } },
    });
  });
});
