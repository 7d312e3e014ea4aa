import { ordinaryAnswer } from './fake-exchange.js';
import { client, eventually, record, startExchange } from './setup.js';

test('subscribe answers with what the server says is watched', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  await sdk.connect();
  await expect(sdk.subscribe({ main: 'TEST', sub: ['A'] })).resolves.toEqual({ main: 'TEST', sub: ['A'] });
  await expect(sdk.subscribe({ sub: ['B'] })).resolves.toEqual({ main: 'TEST', sub: ['A', 'B'] });
  await expect(sdk.subscribe({ main: 'OTHER' })).resolves.toEqual({ main: 'OTHER', sub: ['A', 'B'] });
});

test('unsubscribe sends what is given up, and a reconnection asks only for the rest', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  await sdk.connect();
  await sdk.subscribe({ main: 'TEST', sub: ['A', 'B'] });
  await sdk.unsubscribe({ main: 'TEST', sub: ['A'] });
  expect(exchange.requestsOf('unsubscribe')).toEqual([
    { action: 'unsubscribe', main: 'TEST', sub: ['A'], id: expect.any(Number) },
  ]);
  exchange.cutAll();
  await eventually(() => exchange.requestsOf('subscribe').length === 2, 'a second subscribe');
  expect(exchange.requestsOf('subscribe')[1]).toEqual({ action: 'subscribe', sub: ['B'], id: expect.any(Number) });
});

test('unsubscribe without an argument gives up everything', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  await sdk.connect();
  await sdk.subscribe({ main: 'TEST', sub: ['A'] });
  await sdk.unsubscribe();
  expect(exchange.requestsOf('unsubscribe')).toMatchObject([{ main: 'TEST', sub: ['A'] }]);
  exchange.cutAll();
  await eventually(() => exchange.upgrades.length === 2 && sdk.state === 'connected', 'connected again');
  expect(exchange.requestsOf('subscribe')).toHaveLength(1);
});

test('a refused subscription is not asked for again', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  await sdk.connect();
  await sdk.subscribe({ main: 'TEST' });
  exchange.answer = ({ id }) => ({ e: 'err', id, code: 'UNKNOWN_SYMBOL', message: 'no such symbol: NOPE' });
  await expect(sdk.subscribe({ main: 'NOPE', sub: ['NOPE'] })).rejects.toMatchObject({
    name: 'SupernobaError',
    code: 'UNKNOWN_SYMBOL',
    message: 'no such symbol: NOPE',
    retryable: false,
  });
  exchange.answer = ordinaryAnswer;
  exchange.cutAll();
  await eventually(() => exchange.requestsOf('subscribe').length === 3, 'a subscribe after the reconnection');
  expect(exchange.requestsOf('subscribe')[2]).toMatchObject({ main: 'TEST' });
  expect(exchange.requestsOf('subscribe')[2]).not.toHaveProperty('sub');
});

test('subscribe during a reconnection waits for it', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  await sdk.connect();
  const lost = new Promise((resolve) => sdk.on('connection', resolve));
  exchange.refuseUpgrades.push(503);
  exchange.cutAll();
  await lost;
  expect(sdk.state).toBe('connecting');
  await expect(sdk.subscribe({ main: 'TEST' })).resolves.toEqual({ main: 'TEST' });
});

test('subscribe before connect() is told so', async () => {
  const exchange = await startExchange();
  await expect(client(exchange).subscribe({ main: 'TEST' })).rejects.toMatchObject({ code: 'NOT_CONNECTED' });
});

test('a request without an answer ends with TIMEOUT, and an answer that comes later disturbs nothing', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange, { requestTimeoutMs: 80 });
  await sdk.connect();
  exchange.slowMs = 160;
  await expect(sdk.subscribe({ main: 'TEST' })).rejects.toMatchObject({ code: 'TIMEOUT', retryable: true });
  exchange.slowMs = 0;
  await expect(sdk.subscribe({ main: 'OTHER' })).resolves.toEqual({ main: 'OTHER' });
});

test('requests that wait when the connection is lost are rejected as retryable, those of close() as not', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  await sdk.connect();
  exchange.answer = () => undefined;
  const lost = sdk.subscribe({ main: 'TEST' });
  await eventually(() => exchange.requests.length === 1, 'the request');
  exchange.cutAll();
  await expect(lost).rejects.toMatchObject({ code: 'DISCONNECTED', retryable: true });
  await eventually(() => exchange.requests.length === 2, 'the subscription is wanted still');
  const closed = sdk.subscribe({ main: 'OTHER' });
  // It stands behind the resubscription, which ends with the connection.
  const unsent = expect(closed).rejects.toMatchObject({ code: 'NOT_CONNECTED', retryable: false });
  const asked = expect(sdk.unsubscribe({ sub: ['A'] })).rejects.toMatchObject({ code: 'CLOSED', retryable: false });
  sdk.close();
  await Promise.all([unsent, asked]);
});

test('more waiting requests than the bound are refused, not queued', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange, { maxPending: 2, auth: { testUser: 'alice' }, retry: { attempts: 1 } });
  await sdk.connect();
  exchange.answer = () => undefined;
  const order = { symbol: 'TEST', side: 'BUY', price: 1, quantity: 1 } as const;
  const waiting = [sdk.placeOrder(order), sdk.placeOrder(order)].map((promise) => promise.catch(() => undefined));
  await expect(sdk.placeOrder(order)).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true });
  sdk.close();
  await Promise.all(waiting);
});

test('a subscription that the server cannot restore now is asked for again', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  const errors = record(sdk, 'error');
  await sdk.connect();
  await sdk.subscribe({ main: 'TEST' });
  let refusals = 2;
  exchange.answer = (request) =>
    request['action'] === 'subscribe' && refusals-- > 0
      ? { e: 'err', id: request['id'], code: 'UNAVAILABLE', message: 'cache away' }
      : ordinaryAnswer(request);
  exchange.cutAll();
  await eventually(() => exchange.requestsOf('subscribe').length === 4, 'two refusals and a success');
  expect(errors.map(({ code }) => code)).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
  expect(exchange.upgrades).toHaveLength(2);
});

test('a subscription that cannot be restored in three tries makes a new connection', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  const steps = record(sdk, 'connection');
  await sdk.connect();
  await sdk.subscribe({ main: 'TEST' });
  let refusals = 3;
  exchange.answer = (request) =>
    request['action'] === 'subscribe' && refusals-- > 0
      ? { e: 'err', id: request['id'], code: 'UNAVAILABLE', message: 'cache away' }
      : ordinaryAnswer(request);
  exchange.cutAll();
  await eventually(() => exchange.requestsOf('subscribe').length === 5, 'the fifth subscribe');
  expect(steps.map(({ code }) => code)).toContain('RESUBSCRIBE_FAILED');
  expect(exchange.upgrades).toHaveLength(3);
});

test('a slow network delays answers and mixes up none', async () => {
  const exchange = await startExchange();
  exchange.answer = (request) => ordinaryAnswer(request);
  const sdk = client(exchange, { auth: { testUser: 'alice' } });
  await sdk.connect();
  exchange.slowMs = 100;
  const ids = Array.from({ length: 50 }, (_, i) => `order-${i}`);
  const acks = await Promise.all(
    ids.map((order_id) => sdk.placeOrder({ symbol: 'TEST', side: 'BUY', price: 1, quantity: 1, order_id })),
  );
  expect(acks.map(({ order_id }) => order_id)).toEqual(ids);
});
