import fc from 'fast-check';
import { EventList } from './event-list.js';
import { fillEvent, fills, statusEvent, statuses } from '../tests/support/event-sources.js';

const utf8 = new TextDecoder();

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
  const list = new EventList('TEST');
  list.addFill(fill);
  expect([...list]).toEqual([
    '{"event":"FILL","symbol":"TEST","seq":41,"trade_id":"TEST-17","price":150,"quantity":30,"timestamp":1733896438267,' +
      '"buyer":{"order_id":"a","user_id":"u","fully_filled":true,"is_maker":true},' +
      '"seller":{"order_id":"b","user_id":"v","fully_filled":false,"is_maker":false}}',
  ]);
});

test('events are written as JSON.stringify writes them, whatever is in them', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fills, statuses), { minLength: 1, maxLength: 20 }), (pairs) => {
      const list = new EventList('BTC-USD');
      for (const [fill, change] of pairs) {
        list.addFill(fill);
        list.addStatus(change);
      }
      const events = pairs.flatMap(([fill, change]) => [fillEvent('BTC-USD', fill), statusEvent('BTC-USD', change)]);
      expect([...list]).toEqual(events.map((event) => JSON.stringify(event)));
      expect(utf8.decode(list.bytes(0, list.length))).toBe(JSON.stringify(events).slice(1, -1));
    }),
  );
});

test('a run holds as many events as fit, and always one', () => {
  fc.assert(
    fc.property(fc.array(statuses, { minLength: 1, maxLength: 12 }), fc.nat(2_000), (changes, room) => {
      const list = new EventList('TEST');
      for (const change of changes) list.addStatus(change);
      const parts: string[] = [];
      let first = 0;
      while (first < list.length) {
        const end = list.runFrom(first, room);
        const bytes = list.bytes(first, end);
        expect(end === first + 1 || bytes.byteLength <= room).toBe(true);
        if (end < list.length) expect(list.bytes(first, end + 1).byteLength).toBeGreaterThan(room);
        parts.push(utf8.decode(bytes));
        first = end;
      }
      expect(parts.join(',')).toBe([...list].join(','));
    }),
  );
});
