import { MAX_PRICE, type NewOrder } from '@supernoba/protocol';
import type { BatchEntry, ChartQuery, ClientOptions, SupernobaClient } from '../src/index.js';
import { createClient } from '../src/index.js';
import { client, startExchange } from './setup.js';

const good: NewOrder = { symbol: 'TEST', side: 'BUY', price: 150, quantity: 3 };
const order = (changes: Record<string, unknown>) => ({ ...good, ...changes });

const refused: [what: string, code: string, call: (sdk: SupernobaClient) => Promise<unknown>][] = [
  ['a lower-case symbol', 'BAD_SYMBOL', (sdk) => sdk.placeOrder(order({ symbol: 'test' }))],
  ['a symbol that would forge a key', 'BAD_SYMBOL', (sdk) => sdk.getDepth('A:B')],
  ['a price of 1.5', 'BAD_PRICE', (sdk) => sdk.placeOrder(order({ price: 1.5 }))],
  ['a price as a string', 'BAD_PRICE', (sdk) => sdk.placeOrder(order({ price: '150' }))],
  ['no price', 'BAD_PRICE', (sdk) => sdk.placeOrder(order({ price: undefined }))],
  ['a price of 0', 'BAD_PRICE', (sdk) => sdk.placeOrder(order({ price: 0 }))],
  ['a price above the limit', 'BAD_PRICE', (sdk) => sdk.placeOrder(order({ price: MAX_PRICE + 1 }))],
  ['Infinity', 'BAD_PRICE', (sdk) => sdk.placeOrder(order({ price: Number('1e400') }))],
  ['a quantity of 0', 'BAD_QUANTITY', (sdk) => sdk.placeOrder(order({ quantity: 0 }))],
  ['a NaN quantity', 'BAD_QUANTITY', (sdk) => sdk.placeOrder(order({ quantity: NaN }))],
  ['an order id with a NUL', 'BAD_ORDER_ID', (sdk) => sdk.placeOrder(order({ order_id: 'a\0' }))],
  ['an order id of 65 letters', 'BAD_ORDER_ID', (sdk) => sdk.cancelOrder({ symbol: 'TEST', order_id: 'a'.repeat(65) })],
  ['an empty request id', 'BAD_REQUEST_ID', (sdk) => sdk.cancelAll({ symbol: 'TEST', request_id: '' })],
  ['no side', 'BAD_REQUEST', (sdk) => sdk.placeOrder(order({ side: undefined }))],
  ['both side and is_buy', 'BAD_REQUEST', (sdk) => sdk.placeOrder(order({ is_buy: true }))],
  ['a side of its own', 'BAD_REQUEST', (sdk) => sdk.placeOrder(order({ side: 'LONG' }))],
  ['a tif of its own', 'BAD_REQUEST', (sdk) => sdk.placeOrder(order({ tif: 'GTD' }))],
  ['post_only as a string', 'BAD_REQUEST', (sdk) => sdk.placeOrder(order({ post_only: 'yes' }))],
  ['a MARKET order with a price', 'BAD_COMBINATION', (sdk) => sdk.placeOrder(order({ order_type: 'MARKET' }))],
  ['a LIMIT order with a stop price', 'BAD_COMBINATION', (sdk) => sdk.placeOrder(order({ stop_price: 5 }))],
  [
    'a STOP order without a stop price',
    'BAD_PRICE',
    (sdk) => sdk.placeOrder(order({ order_type: 'STOP', price: undefined })),
  ],
  ['a field nobody knows', 'UNKNOWN_FIELD', (sdk) => sdk.placeOrder(order({ user_id: 'bob' }))],
  ['no object', 'BAD_SYMBOL', (sdk) => sdk.placeOrder(undefined as unknown as NewOrder)],
  ['a change of nothing', 'INVALID_ARGUMENT', (sdk) => sdk.replaceOrder({ symbol: 'TEST', order_id: 'o' })],
  [
    'a change to a fraction',
    'BAD_QUANTITY',
    (sdk) => sdk.replaceOrder({ symbol: 'TEST', order_id: 'o', quantity: 0.5 }),
  ],
  ['an empty batch', 'INVALID_ARGUMENT', (sdk) => sdk.placeOrders({ symbol: 'TEST', orders: [] })],
  ['a batch of 101', 'TOO_LARGE', (sdk) => sdk.placeOrders({ symbol: 'TEST', orders: entries(101) })],
  ['a batch above 16 KiB', 'TOO_LARGE', (sdk) => sdk.placeOrders({ symbol: 'TEST', orders: entries(100) })],
  ['a batch entry of another symbol', 'UNKNOWN_FIELD', (sdk) => sdk.placeOrders({ symbol: 'TEST', orders: [good] })],
  [
    'a batch entry with an unknown action',
    'UNKNOWN_ACTION',
    (sdk) => sdk.placeOrders({ symbol: 'TEST', orders: [{ action: 'NOPE' } as never] }),
  ],
  [
    'an interval of 2m',
    'BAD_INTERVAL',
    (sdk) => sdk.getChart({ symbol: 'TEST', interval: '2m' } as unknown as ChartQuery),
  ],
  ['a chart limit of 0', 'BAD_REQUEST', (sdk) => sdk.getChart({ symbol: 'TEST', limit: 0 })],
  ['a chart from a date', 'BAD_REQUEST', (sdk) => sdk.getChart({ symbol: 'TEST', from: -1 })],
  ['a subscription to nothing', 'INVALID_ARGUMENT', (sdk) => sdk.subscribe({})],
  [
    'a subscription to 101 tickers',
    'TOO_LARGE',
    (sdk) => sdk.subscribe({ sub: Array.from({ length: 101 }, (_, i) => `S${i}`) }),
  ],
  ['a subscription with a bad interval', 'BAD_INTERVAL', (sdk) => sdk.subscribe({ main: 'TEST', tf: '7m' as never })],
];

function entries(count: number): BatchEntry[] {
  return Array.from({ length: count }, () => ({
    side: 'BUY',
    price: 150,
    quantity: 3,
    order_id: 'x'.repeat(64),
    request_id: 'y'.repeat(64),
  }));
}

test.each(refused)('%s is refused with %s before anything is sent', async (_what, code, call) => {
  const exchange = await startExchange();
  const sdk = client(exchange, { auth: () => 'token' });
  await expect(call(sdk)).rejects.toMatchObject({ name: 'SupernobaError', code, retryable: false });
  expect(exchange.calls).toEqual([]);
  expect(exchange.requests).toEqual([]);
});

test('a batch names the order that is wrong', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange, { auth: () => 'token' });
  const orders: BatchEntry[] = [
    { side: 'BUY', price: 1, quantity: 1 },
    { side: 'BUY', price: 0, quantity: 1 },
  ];
  await expect(sdk.placeOrders({ symbol: 'TEST', orders })).rejects.toThrow(/^order 1: price must be/);
});

const url = 'http://127.0.0.1:1';
const badOptions: [what: string, options: unknown, message: RegExp][] = [
  ['nothing', undefined, /object of options/],
  ['no address', {}, /'url'/],
  ['another scheme', { url: 'ftp://x' }, /'url' must begin with http/],
  ['an address with a query', { url: 'http://x/?a=1' }, /'url' must carry no query/],
  ['a WebSocket address of http', { url, wsUrl: 'http://x' }, /'wsUrl' must begin with ws/],
  ['an option nobody knows', { url, retries: 3 }, /unknown option 'retries'/],
  ['a timeout of 0', { url, requestTimeoutMs: 0 }, /'requestTimeoutMs' must be an integer from 50 to 60000/],
  ['retries without end', { url, retry: { attempts: Infinity } }, /'retry.attempts'/],
  [
    'retries that outlive the duplicate window',
    { url, requestTimeoutMs: 60_000, retry: { attempts: 10 } },
    /at most 300000 is safe/,
  ],
  ['an auth that is none', { url, auth: 'token' }, /'auth' must be/],
  ['a test user without a name', { url, auth: { testUser: '' } }, /'auth' must be/],
  ['a transport by pigeon', { url, orderTransport: 'pigeon' }, /'orderTransport'/],
];

test.each(badOptions)('createClient refuses %s', (_what, options, message) => {
  expect(() => createClient(options as ClientOptions)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) }),
  );
});

test('the WebSocket address follows from the HTTP one, path included', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange, { url: `${exchange.url}/prod/` });
  await sdk.connect();
  expect(exchange.upgrades).toEqual([{ path: '/prod/ws' }]);
});
