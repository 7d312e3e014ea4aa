import fc from 'fast-check';
import {
  buildJournalOrder,
  decodeRecord,
  EventList,
  OrderType,
  SelfTradePrevention,
  SYMBOL_CONFIG_NUMBERS,
  SYMBOL_CONFIG_RANGES,
  TimeInForce,
} from '../src/index.js';
import type { OrderCommand } from '../src/index.js';
import { exchangeEvent, parse, parseOrder, pushFrame, subscribeRequest, symbolChange } from '../src/schemas/index.js';

const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);
beforeAll(() => console.info(`fast-check seed ${seed}`));

const stamp = {
  userId: 'user-1',
  newOrderId: () => 'ord_made',
  newRequestId: () => 'req_made',
  timestamp: 1733896438267,
};
const journal = (order: OrderCommand) => decodeRecord(new TextEncoder().encode(JSON.stringify(order)), order.symbol)[0];

const integers = fc.oneof(fc.integer({ min: 1, max: 1_000_000_000_000 }), fc.constantFrom(1, 1_000_000_000_000));
const badNumbers = fc.constantFrom<unknown>(-1, 1.5, 1e12 + 1, Number.MAX_VALUE, '150', null, true, [1], {});
const ids = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const badIds = fc.constantFrom<unknown>('', 'a b', 'a\u0000', 'ü', 'x'.repeat(65), 7, null, [], 'a\n');
const junk = fc.constantFrom<unknown>('', 'x', 0, 1, null, [], {}, 'toString');

/** Mostly well-formed, now and then not, sometimes absent. */
const field = (good: fc.Arbitrary<unknown>, bad: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: bad });
const optional = (good: fc.Arbitrary<unknown>, bad: fc.Arbitrary<unknown>) =>
  fc.option(field(good, bad), { nil: undefined });
const zeroOr = (good: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 4, arbitrary: good }, { weight: 1, arbitrary: fc.constantFrom(0, -0) });

const fields = {
  symbol: field(
    fc.stringMatching(/^[A-Z0-9][A-Z0-9._-]{0,31}$/),
    fc.constantFrom<unknown>('', 'a', 'A:B', '{A}', 'A'.repeat(33), 1, null),
  ),
  order_id: field(ids, badIds),
  request_id: optional(ids, badIds),
};
const orders = fc
  .oneof(
    fc.record({
      action: fc.constant('ADD'),
      ...fields,
      is_buy: field(fc.boolean(), junk),
      price: fc.option(zeroOr(field(integers, badNumbers)), { nil: undefined, freq: 8 }),
      quantity: field(integers, badNumbers),
      order_type: optional(fc.constantFrom(...Object.values(OrderType)), junk),
      tif: optional(fc.constantFrom(...Object.values(TimeInForce)), junk),
      post_only: optional(fc.boolean(), junk),
      all_or_none: optional(fc.boolean(), junk),
      stop_price: optional(integers, badNumbers),
      display_quantity: optional(integers, badNumbers),
      stp: optional(fc.constantFrom(...Object.values(SelfTradePrevention)), junk),
    }),
    fc.record({
      action: fc.constant('REPLACE'),
      ...fields,
      price: optional(integers, badNumbers),
      quantity: optional(integers, badNumbers),
      stop_price: optional(integers, badNumbers),
      display_quantity: optional(integers, badNumbers),
    }),
    fc.record({ action: fc.constant('CANCEL'), ...fields }),
    fc.record({ action: fc.constant('CANCEL_ALL'), symbol: fields.symbol, request_id: fields.request_id }),
    fc.record({ action: junk, ...fields }),
  )
  // As it arrives: JSON, without the undefined.
  .map((order) => JSON.parse(JSON.stringify(order)) as Record<string, unknown>);

test('what the edge accepts the engine reads as the same order, and what one rejects the other rejects', () => {
  let accepted = 0;
  fc.assert(
    fc.property(orders, (order) => {
      const edge = parseOrder(order);
      const raw = { ...order, user_id: stamp.userId };
      const engine = decodeRecord(new TextEncoder().encode(JSON.stringify(raw)), String(order['symbol']))[0];
      expect({ order, edge: edge.ok }).toEqual({ order, edge: engine?.ok });
      if (!edge.ok) return;
      accepted++;
      const built = buildJournalOrder(edge.value, stamp);
      expect(journal(built)).toEqual({ ok: true, index: 0, entry: built });
      // What the router alone adds: the time, and a request id where the client named none.
      const { timestamp: _time, request_id: _made, ...own } = built;
      const expected = order['request_id'] === undefined ? own : { ...own, request_id: order['request_id'] };
      expect(engine).toEqual({ ok: true, index: 0, entry: expected });
    }),
    { seed, numRuns: 4000 },
  );
  expect(accepted).toBeGreaterThan(400);
});

describe('orders of clients', () => {
  const order = { symbol: 'TEST', side: 'BUY', price: 150, quantity: 30 };

  test('side stands for is_buy, and missing ids are made', () => {
    const parsed = parseOrder({ ...order, side: 'SELL' });
    expect(parsed.ok && buildJournalOrder(parsed.value, stamp)).toEqual({
      action: 'ADD',
      symbol: 'TEST',
      order_id: 'ord_made',
      user_id: 'user-1',
      request_id: 'req_made',
      timestamp: 1733896438267,
      is_buy: false,
      price: 150,
      quantity: 30,
    });
  });

  test.each([
    ['no object', [], 'BAD_REQUEST', 'an order is a JSON object'],
    [
      'an unknown action',
      { ...order, action: 'TICK' },
      'UNKNOWN_ACTION',
      'action: one of ADD, REPLACE, CANCEL, CANCEL_ALL is required',
    ],
    [
      'a symbol record',
      { ...order, action: 'SYMBOL' },
      'UNKNOWN_ACTION',
      'action: one of ADD, REPLACE, CANCEL, CANCEL_ALL is required',
    ],
    ['a user id', { ...order, user_id: 'bob' }, 'UNKNOWN_FIELD', 'user_id: who you are comes from your token alone'],
    ['an unknown field', { ...order, colour: 'red' }, 'UNKNOWN_FIELD', 'colour: no such field here'],
    [
      'an own __proto__',
      JSON.parse('{"__proto__":1,"symbol":"TEST","side":"BUY","price":1,"quantity":1}'),
      'UNKNOWN_FIELD',
      '__proto__: no such field here',
    ],
    [
      'a price as a string',
      { ...order, price: '150' },
      'BAD_PRICE',
      'price: an integer from 0 to 1000000000000 is required, not the string "150"',
    ],
    [
      'a price of 1.5',
      { ...order, price: 1.5 },
      'BAD_PRICE',
      'price: an integer from 0 to 1000000000000 is required, not 1.5',
    ],
    [
      'a price of 1e400',
      { ...order, price: JSON.parse('1e400') },
      'BAD_PRICE',
      'price: an integer from 0 to 1000000000000 is required, not a number beyond all bounds',
    ],
    [
      'a limit order at 0',
      { ...order, price: 0 },
      'BAD_PRICE',
      'price: an integer from 1 to 1000000000000 is required by this order type',
    ],
    [
      'a NUL in the id',
      { ...order, order_id: 'a\u0000' },
      'BAD_ORDER_ID',
      'order_id: a string matching ^[A-Za-z0-9_-]{1,64}$ is required, not the string "a\\u0000"',
    ],
    [
      'a bad request id',
      { ...order, request_id: 7 },
      'BAD_REQUEST_ID',
      'request_id: a string matching ^[A-Za-z0-9_-]{1,64}$ is required, not 7',
    ],
    [
      'no quantity',
      { symbol: 'TEST', side: 'BUY', price: 150 },
      'BAD_QUANTITY',
      'quantity: an integer from 1 to 1000000000000 is required, not nothing',
    ],
    [
      'a forged key',
      { ...order, symbol: 'A:B' },
      'BAD_SYMBOL',
      'symbol: a string matching ^[A-Z0-9][A-Z0-9._-]{0,31}$ is required, not the string "A:B"',
    ],
    ['side and is_buy', { ...order, is_buy: true }, 'BAD_REQUEST', 'side: exactly one of side and is_buy is required'],
  ])('%s', (_name, input, code, message) => {
    expect(parseOrder(input)).toMatchObject({ ok: false, error: { code, message } });
  });
});

test('requests name what is wrong with them', () => {
  expect(parse(subscribeRequest, { action: 'subscribe', main: 'TEST', sub: ['A'], tf: '1m', id: 7 }).ok).toBe(true);
  expect(parse(subscribeRequest, { main: 'test' })).toMatchObject({ error: { code: 'BAD_SYMBOL' } });
  expect(parse(subscribeRequest, { tf: '2m' })).toMatchObject({ error: { code: 'BAD_INTERVAL' } });
  expect(parse(subscribeRequest, { sub: Array.from({ length: 101 }, () => 'A') })).toMatchObject({
    error: { code: 'BAD_SYMBOL', message: 'sub: at most 100 symbols' },
  });
  expect(parse(symbolChange, { config: { day_offset_min: 900 } })).toMatchObject({
    error: { code: 'BAD_REQUEST', details: { field: 'config.day_offset_min' } },
  });
  expect(parse(symbolChange, { config: { price_band_bps: 10_001 } })).toMatchObject({
    error: {
      message: 'config.price_band_bps: an integer from 0 to 10000 is required, not 10001',
      details: { field: 'config.price_band_bps' },
    },
  });
});

test.each(SYMBOL_CONFIG_NUMBERS)('%s: schema and decoder take the same range of whole numbers', (field) => {
  const [min, max] = SYMBOL_CONFIG_RANGES[field];
  const record = { action: 'SYMBOL', op: 'CONFIG', symbol: 'TEST', request_id: 'r', actor: 'root' };
  const taken = [min - 1, min, max, max + 1, min + 0.5, String(min)].map((value) => {
    const config = { [field]: value };
    const bytes = new TextEncoder().encode(JSON.stringify({ ...record, config }));
    const [decoded] = decodeRecord(bytes, 'TEST');
    return [parse(symbolChange, { config }).ok, decoded?.ok];
  });
  expect(taken.map(([schema]) => schema)).toEqual([false, true, true, false, false, false]);
  expect(taken.map(([, decoder]) => decoder)).toEqual(taken.map(([schema]) => schema));
});

test('encoded events pass the event schemas', () => {
  const list = new EventList('TEST');
  list.addFill({
    seq: 1,
    tradeNo: 1,
    timestamp: 1,
    price: 1,
    quantity: 1,
    takerIsBuy: true,
    makerOrderId: 'a',
    makerUserId: 'u',
    makerOpen: 0,
    takerOrderId: 'b',
    takerUserId: 'v',
    takerOpen: 0,
  });
  list.addStatus({
    seq: 2,
    n: 1,
    timestamp: 1,
    status: 'FILLED',
    reason: '',
    orderId: 'a',
    userId: 'u',
    isBuy: false,
    orderType: 'LIMIT',
    price: 1,
    quantity: 1,
    filled: 1,
    open: 0,
    requestId: '',
  });
  for (const json of list) {
    expect(exchangeEvent.parse(JSON.parse(json))).toEqual(JSON.parse(json));
  }
  expect(exchangeEvent.safeParse({ ...JSON.parse([...list][0]!), price: 1.5 }).success).toBe(false);
});

test.each([
  {
    e: 'd',
    s: 'TEST',
    t: 1733896438267,
    b: [
      [150, 30],
      [149, 20],
    ],
    a: [[151, 30]],
    u: 7,
  },
  { e: 't', s: 'TEST', t: 1733896438267, p: 150, c: 2.5, yc: -1.2, o: 1, h: 200, l: 1, v: 5 },
  { e: 'candle_close', tf: '1m', s: 'TEST', t: 1733896380, o: 1, h: 2, l: 1, c: 2, v: 9 },
  { e: 'trades', s: 'TEST', d: [[1, 1733896438267, 150, 30, true]] },
  { e: 'status', s: 'TEST', state: 'stale' },
  { e: 'serverShutdown', in: 3000 },
  { e: 'ack', id: 7, order: { order_id: 'a', request_id: 'b', symbol: 'TEST' } },
  { e: 'err', id: 'x', code: 'TOKEN_EXPIRED', message: 'expired' },
  { e: 'pong', t: 5 },
])('a frame of the contract passes: $e', (frame) => {
  expect(pushFrame.parse(frame)).toEqual(frame);
});
