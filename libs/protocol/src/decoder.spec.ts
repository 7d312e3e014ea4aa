import fc from 'fast-check';
import { decodeRecord } from './decoder.js';
import type { DecodedElement } from './decoder.js';

const add = {
  action: 'ADD',
  symbol: 'TEST',
  order_id: 'ord_abc123',
  user_id: 'user_12345',
  is_buy: true,
  price: 15000,
  quantity: 100,
};
const bytes = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const decode = (value: unknown, key = 'TEST') => decodeRecord(bytes(value), key);
const only = (value: unknown, key = 'TEST'): DecodedElement => {
  const elements = decode(value, key);
  expect(elements).toHaveLength(1);
  return elements[0] as DecodedElement;
};
const reason = (value: unknown, key = 'TEST') => {
  const element = only(value, key);
  return element.ok ? element.entry : element.reason;
};

describe('accepted', () => {
  test('the documented order stands as it is', () => {
    expect(decode(add)).toEqual([{ ok: true, index: 0, entry: add }]);
  });

  test('every optional field is carried over, unknown fields are not', () => {
    const full = {
      ...add,
      order_type: 'STOP_LIMIT',
      tif: 'DAY',
      post_only: true,
      all_or_none: false,
      stop_price: 14000,
      display_quantity: 10,
      stp: 'DECREMENT',
      request_id: 'req-1',
      timestamp: 1733896438267,
    };
    expect(only({ ...full, colour: 'red', __proto__: { price: 1 } })).toEqual({ ok: true, index: 0, entry: full });
  });

  test.each(['MARKET', 'STOP'])('%s without a price, or with 0 or -0, has price 0', (order_type) => {
    const { price: _, ...unpriced } = add;
    const entry = { ...add, price: 0, order_type };
    for (const form of [
      JSON.stringify({ ...unpriced, order_type }),
      JSON.stringify(entry),
      JSON.stringify(entry).replace('"price":0', '"price":-0'),
    ]) {
      expect(only(form)).toEqual({ ok: true, index: 0, entry });
      expect(Object.is((reason(form) as { price: number }).price, 0)).toBe(true);
    }
  });

  test('combinations that the market refuses are left to the book', () => {
    for (const order of [
      { ...add, order_type: 'STOP' },
      { ...add, order_type: 'MARKET', price: 5 },
      { ...add, post_only: true, all_or_none: true },
      { ...add, stop_price: 5 },
    ]) {
      expect(only(order)).toEqual({ ok: true, index: 0, entry: order });
    }
  });

  test('cancel, replace and cancel-all need what they name and no more', () => {
    const who = { symbol: 'TEST', user_id: 'u' };
    for (const entry of [
      { action: 'CANCEL', order_id: 'a', ...who },
      { action: 'REPLACE', order_id: 'a', ...who },
      { action: 'REPLACE', order_id: 'a', ...who, price: 1, quantity: 2, stop_price: 3, display_quantity: 4 },
      { action: 'CANCEL_ALL', ...who, request_id: 'r' },
    ]) {
      expect(only(entry)).toEqual({ ok: true, index: 0, entry });
    }
  });

  test('symbol records and ticks, a tick under any key', () => {
    const config = {
      action: 'SYMBOL',
      op: 'CONFIG',
      symbol: 'TEST',
      request_id: 'r',
      actor: 'admin',
      config: {
        day_offset_min: -720,
        stp: 'NONE',
        reference_price: 15_000,
        reference_window_ms: 60_000,
        price_band_bps: 1_000,
        halt_threshold_bps: 500,
        halt_duration_ms: 300_000,
      },
    };
    expect(only(config)).toEqual({ ok: true, index: 0, entry: config });
    const { config: _, ...record } = config;
    const snapshot = { key: 'operator-snapshots/symbol=TEST/7.snap', sha256: 'ab'.repeat(32) };
    const restore = { ...record, op: 'RESTORE', snapshot };
    expect(only(restore)).toEqual({ ok: true, index: 0, entry: restore });
    expect(only({ action: 'TICK' }, 'anything')).toEqual({ ok: true, index: 0, entry: { action: 'TICK' } });
  });
});

describe('poisoned', () => {
  test.each([
    ['noise', '\u0001\u0002 noise', 'NOT_JSON'],
    ['an empty record', '', 'NOT_JSON'],
    ['a deep nest', '['.repeat(200_000), 'NOT_JSON'],
    ['a number', '5', 'MALFORMED'],
    ['null', 'null', 'MALFORMED'],
    ['an empty array', '[]', 'MALFORMED'],
    ['an unknown action', { ...add, action: 'BUY' }, 'MALFORMED'],
    ['no action', { ...add, action: undefined }, 'MALFORMED'],
    ['a symbol that forges a key', { ...add, symbol: 'A:B' }, 'MALFORMED'],
    ['a NUL in the order id', { ...add, order_id: 'a\u0000b' }, 'MALFORMED'],
    ['a newline after the order id', { ...add, order_id: 'ab\n' }, 'MALFORMED'],
    ['a user id with a quote', { ...add, user_id: 'a"b' }, 'MALFORMED'],
    ['a price as a string', { ...add, price: '15000' }, 'MALFORMED'],
    ['a null price', { ...add, price: null }, 'MALFORMED'],
    ['a limit order without a price', { ...add, price: undefined }, 'MALFORMED'],
    ['a limit price of 0', { ...add, price: 0 }, 'OUT_OF_RANGE'],
    ['a price of 1.5', { ...add, price: 1.5 }, 'OUT_OF_RANGE'],
    ['a price of 1e400', JSON.stringify(add).replace('15000', '1e400'), 'OUT_OF_RANGE'],
    ['a price above 1e12', { ...add, price: 1e12 + 1 }, 'OUT_OF_RANGE'],
    ['a negative quantity', { ...add, quantity: -1 }, 'OUT_OF_RANGE'],
    ['is_buy as 1', { ...add, is_buy: 1 }, 'MALFORMED'],
    ['an unknown order type', { ...add, order_type: 'PEG' }, 'MALFORMED'],
    ['an inherited name as a type', { ...add, tif: 'toString' }, 'MALFORMED'],
    ['a fractional timestamp', { ...add, timestamp: 1.5 }, 'OUT_OF_RANGE'],
    [
      'a config without its config',
      { action: 'SYMBOL', op: 'CONFIG', symbol: 'TEST', request_id: 'r', actor: 'a' },
      'MALFORMED',
    ],
    [
      'a day offset out of range',
      { action: 'SYMBOL', op: 'CONFIG', symbol: 'TEST', request_id: 'r', actor: 'a', config: { day_offset_min: 841 } },
      'OUT_OF_RANGE',
    ],
    [
      'a RESTORE of nothing',
      { action: 'SYMBOL', op: 'RESTORE', symbol: 'TEST', request_id: 'r', actor: 'a' },
      'MALFORMED',
    ],
    [
      'a RESTORE of another symbol’s snapshot',
      {
        action: 'SYMBOL',
        op: 'RESTORE',
        symbol: 'TEST',
        request_id: 'r',
        actor: 'a',
        snapshot: { key: 'operator-snapshots/symbol=OTHER/7.snap', sha256: 'ab'.repeat(32) },
      },
      'MALFORMED',
    ],
    ['more entries than a record may hold', Array.from({ length: 101 }, () => add), 'TOO_LARGE'],
  ])('%s', (_name, value, expected) => {
    expect(reason(value)).toBe(expected);
  });

  test('a record over 1 MiB is not even parsed', () => {
    expect(reason(' '.repeat(1024 * 1024 + 1))).toBe('TOO_LARGE');
    expect(reason(JSON.stringify(add).padEnd(1024 * 1024))).toEqual(add);
  });

  test('bytes that are no UTF-8', () => {
    expect(decodeRecord(new Uint8Array([0x22, 0xff, 0x22]), 'TEST')).toMatchObject([{ ok: false, reason: 'NOT_JSON' }]);
  });

  test('names what can be read, so that the sender can be answered', () => {
    expect(only({ ...add, price: 1.5, request_id: 'r-1' })).toEqual({
      ok: false,
      index: 0,
      reason: 'OUT_OF_RANGE',
      message: 'price: an integer from 1 to 1000000000000 is required',
      action: 'ADD',
      symbol: 'TEST',
      orderId: 'ord_abc123',
      userId: 'user_12345',
      requestId: 'r-1',
    });
    expect(only({ ...add, order_id: 'a b', user_id: 7 })).not.toHaveProperty('orderId');
    expect(only({ ...add, order_id: 'a b', user_id: 7 })).not.toHaveProperty('userId');
  });

  test('a key that is not the symbol, which then names no symbol to answer in', () => {
    const failed = only(add, 'OTHER');
    expect(failed).toMatchObject({ ok: false, reason: 'WRONG_KEY', orderId: 'ord_abc123' });
    expect(failed).not.toHaveProperty('symbol');
  });

  test('in an array only the bad elements, in their places', () => {
    const elements = decode([
      add,
      { ...add, symbol: 'OTHER' },
      7,
      { ...add, quantity: 0 },
      { action: 'CANCEL', symbol: 'TEST', order_id: 'x', user_id: 'u' },
    ]);
    expect(elements.map((element) => (element.ok ? element.entry.action : element.reason))).toEqual([
      'ADD',
      'MIXED_SYMBOLS',
      'MALFORMED',
      'OUT_OF_RANGE',
      'CANCEL',
    ]);
    expect(elements.map((element) => element.index)).toEqual([0, 1, 2, 3, 4]);
  });

  test('any bytes and any JSON are answered, never thrown', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => decodeRecord(noise, 'TEST').length > 0));
    fc.assert(
      fc.property(
        fc.json(),
        fc.record({ field: fc.constantFrom(...Object.keys(add)), value: fc.jsonValue() }),
        (json, change) => {
          expect(decode(json).length).toBeGreaterThan(0);
          expect(decode({ ...add, [change.field]: change.value }).length).toBe(1);
        },
      ),
    );
  });
});
