import type { NewOrder } from '@supernoba/protocol';
import type { BatchEntry } from '../src/index.js';
import { ordinaryAnswer, token } from './fake-exchange.js';
import { client, startExchange } from './setup.js';

const order: NewOrder = { symbol: 'TEST', side: 'BUY', price: 150, quantity: 3 };
const alice = () => token({ sub: 'alice' });

async function trader(options: Parameters<typeof client>[1] = {}) {
  const exchange = await startExchange();
  return { exchange, sdk: client(exchange, { auth: alice, ...options }) };
}

test('placing gives ids, sends the token, and answers with the ack', async () => {
  const { exchange, sdk } = await trader();
  const ack = await sdk.placeOrder(order);
  const [call] = exchange.calls;
  expect(call).toMatchObject({ method: 'POST', path: '/orders', authorization: expect.stringMatching(/^Bearer ey/) });
  expect(call?.body).toEqual({ ...order, order_id: ack.order_id, request_id: ack.request_id });
  expect(ack).toEqual({
    symbol: 'TEST',
    order_id: expect.stringMatching(/^ord_[0-9a-f-]{36}$/),
    request_id: expect.stringMatching(/^req_/),
  });
});

test('replace, cancel and cancel-all use the routes of the contract', async () => {
  const { exchange, sdk } = await trader();
  await expect(sdk.replaceOrder({ symbol: 'TEST', order_id: 'o-1', quantity: 5, request_id: 'r-1' })).resolves.toEqual({
    symbol: 'TEST',
    order_id: 'o-1',
    request_id: 'r-1',
  });
  await expect(sdk.cancelOrder({ symbol: 'TEST', order_id: 'o-1', request_id: 'r-2' })).resolves.toEqual({
    symbol: 'TEST',
    order_id: 'o-1',
    request_id: 'r-2',
  });
  await expect(sdk.cancelAll({ symbol: 'TEST', request_id: 'r-3' })).resolves.toEqual({
    symbol: 'TEST',
    request_id: 'r-3',
  });
  expect(exchange.calls.map(({ method, path, query, body }) => ({ method, path, query, body }))).toEqual([
    { method: 'PUT', path: '/orders/o-1', query: { symbol: 'TEST' }, body: { quantity: 5, request_id: 'r-1' } },
    { method: 'DELETE', path: '/orders/o-1', query: { symbol: 'TEST', request_id: 'r-2' }, body: undefined },
    { method: 'DELETE', path: '/orders', query: { symbol: 'TEST', request_id: 'r-3' }, body: undefined },
  ]);
});

test('a batch of mixed actions keeps its order and gives every entry its ids', async () => {
  const { exchange, sdk } = await trader();
  const orders: BatchEntry[] = [
    { side: 'BUY', price: 150, quantity: 3 },
    { action: 'REPLACE', order_id: 'o-1', price: 151 },
    { action: 'CANCEL', order_id: 'o-2' },
    { action: 'ADD', is_buy: false, price: 152, quantity: 1, order_id: 'o-3' },
  ];
  const acks = await sdk.placeOrders({ symbol: 'TEST', orders });
  const sent = exchange.calls[0]?.body as { symbol: string; orders: Record<string, unknown>[] };
  expect(sent.symbol).toBe('TEST');
  expect(sent.orders.map(({ action }) => action)).toEqual([undefined, 'REPLACE', 'CANCEL', undefined]);
  expect(new Set(sent.orders.map(({ request_id }) => request_id)).size).toBe(4);
  expect(acks.orders.map(({ order_id }) => order_id)).toEqual([sent.orders[0]?.['order_id'], 'o-1', 'o-2', 'o-3']);
});

test.each([
  ['a connection cut before any answer', 'cut' as const],
  ['a 503 of the router', { status: 503, body: { error: { code: 'UNAVAILABLE', message: 'journal away' } } }],
  ['a 502 of a proxy, in HTML', { status: 502, body: '<html>Bad Gateway</html>' }],
  [
    'a 429',
    {
      status: 429,
      body: { error: { code: 'TOO_MANY_REQUESTS', message: 'slow down' } },
      headers: { 'retry-after': '0' },
    },
  ],
])('after %s the same order goes again with the same ids', async (_what, script) => {
  const { exchange, sdk } = await trader();
  exchange.httpScript.push(script, script);
  const ack = await sdk.placeOrder(order);
  expect(exchange.calls).toHaveLength(3);
  for (const call of exchange.calls)
    expect(call.body).toEqual({ ...order, order_id: ack.order_id, request_id: ack.request_id });
});

test('an exchange that never answers gets the same order three times, and the caller a TIMEOUT that may be retried', async () => {
  const { exchange, sdk } = await trader({ requestTimeoutMs: 60 });
  exchange.httpScript.push('silence', 'silence', 'silence');
  await expect(sdk.placeOrder({ ...order, request_id: 'r-1' })).rejects.toMatchObject({
    code: 'TIMEOUT',
    retryable: true,
  });
  expect(exchange.calls.map(({ body }) => (body as NewOrder).request_id)).toEqual(['r-1', 'r-1', 'r-1']);
});

test('Retry-After is waited for, when it is within the bound', async () => {
  const { exchange, sdk } = await trader();
  const body = { error: { code: 'TOO_MANY_REQUESTS', message: 'slow down' } };
  exchange.httpScript.push({ status: 429, body, headers: { 'retry-after': '1' } });
  const began = performance.now();
  await sdk.placeOrder(order);
  expect(performance.now() - began).toBeGreaterThanOrEqual(990);
});

test('a Retry-After beyond the bound is handed to the caller at once', async () => {
  const { exchange, sdk } = await trader();
  const body = { error: { code: 'TOO_MANY_REQUESTS', message: 'slow down' } };
  exchange.httpScript.push({ status: 429, body, headers: { 'retry-after': '120' } });
  await expect(sdk.placeOrder(order)).rejects.toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    retryable: true,
    status: 429,
    retryAfterMs: 120_000,
  });
  expect(exchange.calls).toHaveLength(1);
});

test.each([
  [400, 'BAD_PRICE'],
  [403, 'FORBIDDEN'],
  [404, 'UNKNOWN_SYMBOL'],
  [409, 'SYMBOL_HALTED'],
  [413, 'TOO_LARGE'],
  [503, 'NOT_AVAILABLE'],
])('a refusal with %i %s is final', async (status, code) => {
  const { exchange, sdk } = await trader();
  exchange.httpScript.push({ status, body: { error: { code, message: 'no' } } });
  await expect(sdk.placeOrder(order)).rejects.toMatchObject({ code, status, message: 'no', retryable: false });
  expect(exchange.calls).toHaveLength(1);
});

test('an answer that is no ack is BAD_ANSWER', async () => {
  const { exchange, sdk } = await trader();
  exchange.httpScript.push({ status: 202, body: { hello: 1 } }, { status: 202, body: 'not json' });
  await expect(sdk.placeOrder(order)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  await expect(sdk.placeOrder(order)).rejects.toMatchObject({ code: 'BAD_ANSWER', status: 202 });
});

test('an exchange that is not there is NETWORK, with the reason', async () => {
  const { exchange, sdk } = await trader();
  await exchange.stop();
  await expect(sdk.getSymbols()).rejects.toMatchObject({
    code: 'NETWORK',
    retryable: true,
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('nobody logged in: orders are refused before anything is sent', async () => {
  const { exchange, sdk } = await trader({ auth: () => null });
  await expect(sdk.placeOrder(order)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  expect(exchange.calls).toEqual([]);
});

test('a test user orders over the WebSocket', async () => {
  const { exchange, sdk } = await trader({ auth: { testUser: 'alice' } });
  await sdk.connect();
  expect(exchange.upgrades).toEqual([{ path: '/ws', testMode: 'true', userId: 'alice' }]);
  const ack = await sdk.placeOrder(order);
  await sdk.cancelAll({ symbol: 'TEST' });
  expect(exchange.calls).toEqual([]);
  expect(exchange.requestsOf('order').map((request) => request['order'])).toEqual([
    { action: 'ADD', ...order, order_id: ack.order_id, request_id: ack.request_id },
    { action: 'CANCEL_ALL', symbol: 'TEST', request_id: expect.stringMatching(/^req_/) },
  ]);
});

test('an order over a WebSocket that breaks under it goes again with the same ids over the next one', async () => {
  const { exchange, sdk } = await trader({
    orderTransport: 'websocket',
    retry: { attempts: 5, baseMs: 100, maxMs: 200 },
  });
  await sdk.connect();
  exchange.answer = (_request, socket) => {
    socket.terminate();
    exchange.answer = ordinaryAnswer;
    return undefined;
  };
  const ack = await sdk.placeOrder(order);
  const sent = exchange.requestsOf('order').map((request) => request['order']);
  expect(sent).toHaveLength(2);
  expect(sent[0]).toEqual(sent[1]);
  expect(sent[0]).toMatchObject(ack);
});

test('reads go without a token, with the query of the contract', async () => {
  const { exchange, sdk } = await trader();
  await expect(sdk.getSymbols()).resolves.toEqual([{ symbol: 'TEST', state: 'open' }]);
  await expect(sdk.getDepth('TEST')).resolves.toMatchObject({ e: 'd', s: 'TEST' });
  await expect(sdk.getChart({ symbol: 'TEST', interval: '5m', from: 60, to: 600, limit: 9 })).resolves.toEqual({
    symbol: 'TEST',
    interval: '5m',
    data: [],
  });
  expect(exchange.calls.map(({ path, query, authorization }) => [path, query, authorization])).toEqual([
    ['/symbols', {}, undefined],
    ['/depth/TEST', {}, undefined],
    ['/chart', { symbol: 'TEST', interval: '5m', from: '60', to: '600', limit: '9' }, undefined],
  ]);
});

test('a read ends when its caller gives up, also between two tries', async () => {
  const { exchange, sdk } = await trader({ retry: { baseMs: 2_000, maxMs: 2_000 } });
  const first = new AbortController();
  exchange.httpScript.push('silence');
  const silent = expect(sdk.getSymbols({ signal: first.signal })).rejects.toMatchObject({
    code: 'ABORTED',
    retryable: false,
  });
  first.abort();
  await silent;
  const second = new AbortController();
  exchange.httpScript.push('cut', 'cut', 'cut');
  const between = expect(sdk.getSymbols({ signal: second.signal })).rejects.toMatchObject({ code: 'ABORTED' });
  setTimeout(() => second.abort(), 30);
  await between;
});
