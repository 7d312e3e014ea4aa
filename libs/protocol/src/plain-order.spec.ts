import fc from 'fast-check';
import { decodeAnyRecord, decodeRecord } from './decoder.js';
import { MAX_PRICE } from './limits.js';
import { decodePlainOrder } from './plain-order.js';

const add = {
  action: 'ADD',
  symbol: 'BTC-USD',
  order_id: 'ord_01900000-0000-7000-8000-000000000001',
  user_id: 'auth0|7b0f9a52',
  is_buy: false,
  price: MAX_PRICE,
  quantity: 1,
  order_type: 'LIMIT',
  tif: 'GTC',
  request_id: 'req_1',
  timestamp: 1_764_220_000_000,
};
const bytesOf = (text: string) => Buffer.from(text);

/** Undefined, or what any record is read as. Both of Node's bytes and of plain ones. */
function plain(text: string, key = 'BTC-USD') {
  const found = decodePlainOrder(bytesOf(text), key);
  expect(decodePlainOrder(new Uint8Array(bytesOf(text)), key)).toEqual(found);
  if (found !== undefined) expect([{ ok: true, index: 0, entry: found }]).toEqual(decodeAnyRecord(bytesOf(text), key));
  expect(decodeRecord(bytesOf(text), key)).toEqual(decodeAnyRecord(bytesOf(text), key));
  return found;
}

test('a limit order, a change and a cancel are plain, whatever the order of their fields', () => {
  expect(plain(JSON.stringify(add))).toEqual(add);
  expect(plain(JSON.stringify(Object.fromEntries(Object.entries(add).reverse())))).toEqual(add);
  const { order_id, user_id, symbol, price } = add;
  const replace = { action: 'REPLACE', symbol, order_id, user_id, price };
  expect(plain(JSON.stringify(replace))).toEqual(replace);
  const cancel = { action: 'CANCEL', symbol, order_id, user_id };
  expect(plain(JSON.stringify(cancel))).toEqual(cancel);
  // What a cancel has no use for is no part of it.
  expect(plain(JSON.stringify({ ...cancel, price: 5, tif: 'IOC', is_buy: true }))).toEqual(cancel);
});

const text = JSON.stringify(add);
test.each<[what: string, text: string]>([
  ['nothing', ''],
  ['an empty object', '{}'],
  ['an array', `[${text}]`],
  ['white space', text.replace(',', ', ')],
  ['white space behind', `${text} `],
  ['a field twice', text.replace('{', '{"price":3,')],
  ['a field that is not known', text.replace('{', '{"colour":"red",')],
  ['a name with an escape', text.replace('"price"', '"pric\\u0065"')],
  ['a value with an escape', text.replace('auth0', '\\u0061uth0')],
  ['a character that is no ASCII', text.replace('auth0', 'аuth0')],
  ['a broken character', text.replace('auth0', '\ud800')],
  ['an id that is empty', text.replace('"req_1"', '""')],
  ['an id that is too long', text.replace('req_1', 'r'.repeat(65))],
  ['an id with a dot', text.replace('req_1', 'req.1')],
  ['an id that is a number', text.replace('"req_1"', '1')],
  ['a user that is too long', text.replace('auth0|7b0f9a52', 'u'.repeat(129))],
  ['an order without an id', JSON.stringify({ ...add, order_id: undefined })],
  ['an order without a user', JSON.stringify({ ...add, user_id: undefined })],
  ['an order without a side', JSON.stringify({ ...add, is_buy: undefined })],
  ['an order without a price', JSON.stringify({ ...add, price: undefined })],
  ['an order without a quantity', JSON.stringify({ ...add, quantity: undefined })],
  ['a record without an action', JSON.stringify({ ...add, action: undefined })],
  ['a record without a symbol', JSON.stringify({ ...add, symbol: undefined })],
  ['another symbol', text.replace('BTC-USD', 'BTC-USE')],
  ['a longer symbol', text.replace('BTC-USD', 'BTC-USDT')],
  ['another action', text.replace('"ADD"', '"ADDS"')],
  ['a price of 0', text.replace(String(MAX_PRICE), '0')],
  ['a price that is too large', text.replace(String(MAX_PRICE), String(MAX_PRICE + 1))],
  ['a price with a zero in front', text.replace(String(MAX_PRICE), '01')],
  ['a price below 0', text.replace(String(MAX_PRICE), '-1')],
  ['a fraction', text.replace(String(MAX_PRICE), '1.5')],
  ['a price with an exponent', text.replace(String(MAX_PRICE), '1e3')],
  ['a price that is a string', text.replace(String(MAX_PRICE), '"3"')],
  ['a number of 16 digits', text.replace('1764220000000', '9007199254740993')],
  ['a market order', text.replace('LIMIT', 'MARKET')],
  ['an order type that there is not', text.replace('LIMIT', 'LIMITED')],
  ['a duration that there is not', text.replace('GTC', 'GTCC')],
  ['a condition', text.replace('{', '{"post_only":true,')],
  ['a comma too many', text.replace('}', ',}')],
  ['an end that is missing', text.slice(0, -1)],
  ['a value that is missing', text.replace(String(MAX_PRICE), '')],
  ['a tick', '{"action":"TICK"}'],
])('%s is not plain, and is read as any record is', (_what, given) => {
  expect(plain(given)).toBeUndefined();
});

test('a partition key that is no symbol makes no order plain', () => {
  for (const key of ['btc', '-BTC', 'BTC USD', 'BTC"', '', 'A'.repeat(33), 'Б']) {
    expect(plain(JSON.stringify({ ...add, symbol: key }), key)).toBeUndefined();
  }
});

test('bytes changed at random are read in the same way by both', () => {
  const replace = { action: 'REPLACE', symbol: 'BTC-USD', order_id: 'a', user_id: 'b', quantity: 10, request_id: 'c' };
  const cancel = { action: 'CANCEL', symbol: 'BTC-USD', order_id: 'a', user_id: 'b', timestamp: 0 };
  const texts = [add, replace, cancel].map((order) => JSON.stringify(order));
  const change = fc.tuple(fc.nat(), fc.constantFrom(...'",:{}[]\\0159 -.eaintf_ADé'));
  const counts = { plain: 0, other: 0 };
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(change, { maxLength: 2 }), (original, changes) => {
      let changed = original;
      for (const [place, character] of changes) {
        const at = place % changed.length;
        changed = changed.slice(0, at) + character + changed.slice(at + 1);
      }
      counts[plain(changed) === undefined ? 'other' : 'plain']++;
    }),
    { numRuns: 20_000 },
  );
  expect(counts.plain).toBeGreaterThan(2_000);
  expect(counts.other).toBeGreaterThan(2_000);
});
