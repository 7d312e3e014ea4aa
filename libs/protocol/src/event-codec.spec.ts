import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { OrderStatus, OrderType, Reason } from './codes.js';
import { EventFormatError, decodeEvents, encodeFill, encodeStatus } from './event-codec.js';
import type { FillSource, StatusSource } from './event-codec.js';
import type { FillEvent, OrderStatusEvent } from './events.js';

const inflate = (bytes: Uint8Array, maxBytes: number) => gunzipSync(bytes, { maxOutputLength: maxBytes });
const text = (json: string) => new TextEncoder().encode(json);
const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

const fills: fc.Arbitrary<FillSource> = fc.record({
  seq: number,
  tradeNo: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  timestamp: number,
  price: number,
  quantity: number,
  takerIsBuy: fc.boolean(),
  makerOrderId: fc.string(),
  makerUserId: fc.string({ unit: 'binary' }),
  makerOpen: fc.nat(2),
  takerOrderId: fc.string(),
  takerUserId: fc.string(),
  takerOpen: fc.nat(2),
});
const statuses: fc.Arbitrary<StatusSource> = fc.record({
  seq: number,
  n: number,
  timestamp: number,
  status: fc.constantFrom(...Object.values(OrderStatus)),
  reason: fc.constantFrom('' as const, ...Object.values(Reason)),
  orderId: fc.string(),
  userId: fc.string(),
  isBuy: fc.boolean(),
  orderType: fc.constantFrom(...Object.values(OrderType)),
  price: number,
  quantity: number,
  filled: number,
  open: number,
  requestId: fc.constantFrom('', 'req-1'),
});

function fillEvent(symbol: string, fill: FillSource): FillEvent {
  const maker = {
    order_id: fill.makerOrderId,
    user_id: fill.makerUserId,
    fully_filled: fill.makerOpen === 0,
    is_maker: true,
  };
  const taker = {
    order_id: fill.takerOrderId,
    user_id: fill.takerUserId,
    fully_filled: fill.takerOpen === 0,
    is_maker: false,
  };
  const { seq, price, quantity, timestamp } = fill;
  const [buyer, seller] = fill.takerIsBuy ? [taker, maker] : [maker, taker];
  return {
    event: 'FILL',
    symbol,
    seq,
    trade_id: `${symbol}-${fill.tradeNo}`,
    price,
    quantity,
    timestamp,
    buyer,
    seller,
  };
}

function statusEvent(symbol: string, change: StatusSource): OrderStatusEvent {
  return {
    event: 'ORDER_STATUS',
    symbol,
    seq: change.seq,
    n: change.n,
    order_id: change.orderId,
    user_id: change.userId,
    status: change.status,
    ...(change.reason === '' ? {} : { reason: change.reason }),
    timestamp: change.timestamp,
    is_buy: change.isBuy,
    order_type: change.orderType,
    price: change.price,
    quantity: change.quantity,
    filled: change.filled,
    open: change.open,
    ...(change.requestId === '' ? {} : { request_id: change.requestId }),
  };
}

test('a fill is encoded as the contract writes it', () => {
  const fill = {
    seq: 41,
    tradeNo: 17,
    timestamp: 1733896438267,
    price: 150,
    quantity: 30,
    takerIsBuy: false,
    makerOrderId: 'a',
    makerUserId: 'u',
    makerOpen: 0,
    takerOrderId: 'b',
    takerUserId: 'v',
    takerOpen: 5,
  };
  expect(encodeFill('TEST', fill)).toBe(
    '{"event":"FILL","symbol":"TEST","seq":41,"trade_id":"TEST-17","price":150,"quantity":30,"timestamp":1733896438267,' +
      '"buyer":{"order_id":"a","user_id":"u","fully_filled":true,"is_maker":true},' +
      '"seller":{"order_id":"b","user_id":"v","fully_filled":false,"is_maker":false}}',
  );
});

test('both encoders write the bytes that JSON.stringify writes of the event', () => {
  fc.assert(fc.property(fills, (fill) => encodeFill('BTC-USD', fill) === JSON.stringify(fillEvent('BTC-USD', fill))));
  fc.assert(
    fc.property(statuses, (change) => encodeStatus('TEST', change) === JSON.stringify(statusEvent('TEST', change))),
  );
});

test('one event, an array, and either as gzip come back', () => {
  fc.assert(
    fc.property(fills, statuses, (fill, change) => {
      const events = [fillEvent('TEST', fill), statusEvent('TEST', change)];
      const json = `[${encodeFill('TEST', fill)},${encodeStatus('TEST', change)}]`;
      expect(decodeEvents(text(encodeFill('TEST', fill)))).toEqual([events[0]]);
      expect(decodeEvents(text(json))).toEqual(events);
      expect(decodeEvents(gzipSync(json), inflate)).toEqual(events);
    }),
    { numRuns: 30 },
  );
});

test('an event kind of a later version is left out', () => {
  expect(decodeEvents(text('[{"event":"BUST","symbol":"TEST","seq":1}]'))).toEqual([]);
});

test.each([
  ['noise', text('noise')],
  ['a number', text('5')],
  ['an event without seq', text('{"event":"FILL","symbol":"TEST"}')],
  ['broken gzip', new Uint8Array([0x1f, 0x8b, 0, 0])],
  ['a gzip bomb', gzipSync(new Uint8Array(8 * 1024 * 1024))],
])('%s is a format error', (_name, bytes) => {
  expect(() => decodeEvents(bytes, inflate)).toThrow(EventFormatError);
});

test('gzip without an inflate function is a format error that says so', () => {
  expect(() => decodeEvents(gzipSync('[]'))).toThrow('no inflate function');
});
