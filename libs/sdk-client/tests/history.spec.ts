import { token } from './fake-exchange.js';
import { client, startExchange } from './setup.js';

const alice = token({ sub: 'alice' });

test('own orders and fills go with the token, public reads without', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange, { auth: () => alice });
  await expect(sdk.getOrders({ status: 'open', symbol: 'TEST', limit: 5, cursor: 'c' })).resolves.toEqual({
    orders: [],
  });
  await expect(sdk.getOrders()).resolves.toEqual({ orders: [] });
  await expect(sdk.getOrder({ symbol: 'TEST', order_id: 'my-1' })).resolves.toMatchObject({ status: 'ACCEPTED' });
  await expect(sdk.getFills({ from: 1, to: 2 })).resolves.toEqual({ fills: [] });
  await expect(sdk.getTickers()).resolves.toEqual([{ s: 'TEST', state: 'open', stale: false }]);
  await expect(sdk.getTrades({ symbol: 'TEST', limit: 500 })).resolves.toEqual({ symbol: 'TEST', trades: [] });
  const own = `Bearer ${alice}`;
  expect(exchange.calls.map(({ path, query, authorization }) => [path, query, authorization])).toEqual([
    ['/orders', { status: 'open', symbol: 'TEST', limit: '5', cursor: 'c' }, own],
    ['/orders', {}, own],
    ['/orders/my-1', { symbol: 'TEST' }, own],
    ['/fills', { from: '1', to: '2' }, own],
    ['/tickers', {}, undefined],
    ['/trades/TEST', { limit: '500' }, undefined],
  ]);
});

test('a token that was refused is renewed once, and nobody is told so', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange, { auth: ({ forceRefresh }) => (forceRefresh ? alice : 'stale.to.ken') });
  exchange.httpScript.push({ status: 401, body: { error: { code: 'TOKEN_EXPIRED', message: 'old' } } });
  await expect(sdk.getFills()).resolves.toEqual({ fills: [] });
  const nobody = client(exchange);
  await expect(nobody.getOrders()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
});

test('an order that is not there is NOT_FOUND', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange, { auth: () => alice });
  exchange.httpScript.push({ status: 404, body: { error: { code: 'NOT_FOUND', message: 'no order' } } });
  await expect(sdk.getOrder({ symbol: 'TEST', order_id: 'x' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    retryable: false,
  });
});

test('answers that are none are said to be none', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange, { auth: () => alice });
  const calls = [
    () => sdk.getOrders(),
    () => sdk.getOrder({ symbol: 'TEST', order_id: 'x' }),
    () => sdk.getFills(),
    () => sdk.getTickers(),
    () => sdk.getTrades({ symbol: 'TEST' }),
  ];
  for (const call of calls) {
    exchange.httpScript.push({ status: 200, body: {} });
    await expect(call()).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  }
});

test('bad arguments never leave', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange, { auth: () => alice });
  const refusals: [() => Promise<unknown>, string][] = [
    [() => sdk.getOrders({ status: 'closed' as 'open' }), 'BAD_REQUEST'],
    [() => sdk.getOrders({ symbol: 'a' }), 'BAD_SYMBOL'],
    [() => sdk.getOrders({ limit: 501 }), 'BAD_REQUEST'],
    [() => sdk.getOrders({ user: 'bob' } as object), 'UNKNOWN_FIELD'],
    [() => sdk.getOrder({ symbol: 'TEST', order_id: 'a b' }), 'BAD_ORDER_ID'],
    [() => sdk.getFills({ from: 1.5 }), 'BAD_REQUEST'],
    [() => sdk.getFills({ cursor: 7 as unknown as string }), 'BAD_REQUEST'],
    [() => sdk.getTrades({ symbol: 'test' }), 'BAD_SYMBOL'],
    [() => sdk.getTrades({ symbol: 'TEST', limit: 0 }), 'BAD_REQUEST'],
  ];
  for (const [call, code] of refusals) await expect(call()).rejects.toMatchObject({ code });
  expect(exchange.calls).toEqual([]);
});
