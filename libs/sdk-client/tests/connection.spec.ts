import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { createClient, type WebSocketConstructor } from '../src/index.js';
import { ordinaryAnswer } from './fake-exchange.js';
import { client, closeAfterTest, eventually, pause, record, startExchange } from './setup.js';

test('connecting and closing go through the three states, each step with its code', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  const steps = record(sdk, 'connection');
  expect(sdk.state).toBe('disconnected');
  await sdk.connect();
  expect(sdk.state).toBe('connected');
  sdk.close();
  expect(steps.map(({ previous, state, code }) => [previous, state, code])).toEqual([
    ['disconnected', 'connecting', 'CONNECT_CALLED'],
    ['connecting', 'connected', 'OPENED'],
    ['connected', 'disconnected', 'CLOSE_CALLED'],
  ]);
  await eventually(() => exchange.sockets.size === 0, 'the socket ends');
});

test('a second connect() while connected answers at once and opens no second socket', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  await Promise.all([sdk.connect(), sdk.connect()]);
  await sdk.connect();
  expect(exchange.upgrades).toHaveLength(1);
});

test('a client that was closed connects again', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  await sdk.connect();
  sdk.close();
  await sdk.connect();
  expect(sdk.state).toBe('connected');
  expect(exchange.upgrades).toHaveLength(2);
});

test('a lost connection is made again, and the subscription is asked for again', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  const steps = record(sdk, 'connection');
  await sdk.connect();
  await sdk.subscribe({ main: 'TEST', sub: ['A', 'B'], tf: '5m' });
  exchange.cutAll();
  await eventually(() => exchange.requestsOf('subscribe').length === 2, 'a second subscribe');
  const [first, second] = exchange.requestsOf('subscribe');
  const wanted = { action: 'subscribe', main: 'TEST', sub: ['A', 'B'], tf: '5m' };
  expect(first).toEqual({ ...wanted, id: expect.any(Number) });
  expect(second).toEqual({ ...wanted, id: expect.any(Number) });
  expect(steps[2]).toMatchObject({
    previous: 'connected',
    state: 'connecting',
    code: 'LOST',
    closeCode: 1006,
    attempt: 1,
  });
  expect(steps[2]?.retryInMs).toBeLessThan(10);
});

test('close code 1001 is told as the end of the server, and reconnected from', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  const steps = record(sdk, 'connection');
  await sdk.connect();
  exchange.closeAll(1001, 'Going away');
  await eventually(() => steps.at(-1)?.code === 'OPENED' && steps.length > 2, 'connected again');
  expect(steps[2]).toMatchObject({ code: 'SERVER_SHUTDOWN', closeCode: 1001 });
  expect(steps[2]?.reason).toContain('Going away');
});

test('an announced end of the server is given to listeners with its time', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  const steps = record(sdk, 'connection');
  const announced = record(sdk, 'serverShutdown');
  await sdk.connect();
  exchange.push({ e: 'serverShutdown', in: 2_000 });
  await eventually(() => announced.length === 1, 'the announcement');
  expect(announced).toEqual([{ in: 2_000 }]);
  exchange.cutAll();
  await eventually(() => steps.length > 2, 'the loss');
  expect(steps[2]).toMatchObject({ code: 'SERVER_SHUTDOWN' });
});

test('an upgrade refused with 410, 401 and 503 is tried again until it is let in', async () => {
  const exchange = await startExchange();
  exchange.refuseUpgrades.push(410, 401, 503);
  const sdk = client(exchange);
  const steps = record(sdk, 'connection');
  await sdk.connect();
  const failures = steps.filter(({ code }) => code === 'OPEN_FAILED');
  expect(failures.map(({ attempt, state }) => [attempt, state])).toEqual([
    [1, 'connecting'],
    [2, 'connecting'],
    [3, 'connecting'],
  ]);
  expect(failures[0]?.reason).toContain('410');
  expect(exchange.upgrades).toHaveLength(4);
});

test('connect() says TIMEOUT while nobody listens, and the client connects once somebody does', async () => {
  const exchange = await startExchange();
  const { port } = exchange;
  await exchange.stop();
  const sdk = client(exchange, { url: `http://127.0.0.1:${port}`, connectTimeoutMs: 200 });
  await expect(sdk.connect()).rejects.toMatchObject({ code: 'TIMEOUT', retryable: true });
  expect(sdk.state).toBe('connecting');
  await startExchange(port);
  await eventually(() => sdk.state === 'connected', 'connected');
});

test('a client with a bound on its tries gives up after them', async () => {
  const exchange = await startExchange();
  exchange.refuseUpgrades.push(500, 500, 500);
  const sdk = client(exchange, { reconnect: { attempts: 2, baseMs: 1, maxMs: 2 } });
  const steps = record(sdk, 'connection');
  await expect(sdk.connect()).rejects.toMatchObject({ code: 'DISCONNECTED' });
  expect(steps.map(({ code }) => code)).toEqual(['CONNECT_CALLED', 'OPEN_FAILED', 'OPEN_FAILED', 'GAVE_UP']);
  expect(sdk.state).toBe('disconnected');
  await sdk.connect();
  expect(sdk.state).toBe('connected');
});

test('a peer that takes the connection and says nothing is given up and tried again', async () => {
  let connections = 0;
  const mute = createServer((socket) => {
    connections++;
    socket.on('error', () => undefined);
    closeAfterTest(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  closeAfterTest(() => new Promise((resolve) => mute.close(() => resolve())));
  const sdk = createClient({
    url: `http://127.0.0.1:${(mute.address() as AddressInfo).port}`,
    connectTimeoutMs: 60,
    reconnect: { baseMs: 1, maxMs: 5 },
  });
  closeAfterTest(() => sdk.close());
  const steps = record(sdk, 'connection');
  await expect(sdk.connect()).rejects.toMatchObject({ code: 'TIMEOUT' });
  await eventually(() => connections >= 3, 'three tries');
  expect(steps.filter(({ code }) => code === 'OPEN_TIMEOUT').length).toBeGreaterThanOrEqual(2);
});

test('silence is answered with a ping, and silence after a ping with a new connection', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange, { pingIntervalMs: 60, pongTimeoutMs: 60 });
  const steps = record(sdk, 'connection');
  await sdk.connect();
  await eventually(() => exchange.requestsOf('ping').length >= 2, 'two pings');
  expect(steps).toHaveLength(2);
  exchange.answer = (request) => (request['action'] === 'ping' ? undefined : ordinaryAnswer(request));
  await eventually(() => steps.length > 2, 'the connection is given up');
  expect(steps[2]).toMatchObject({ state: 'connecting', code: 'NO_PONG' });
});

test('a connection with traffic is not pinged', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange, { pingIntervalMs: 150 });
  await sdk.connect();
  for (let i = 0; i < 10; i++) {
    exchange.push({ e: 'news of a later version' });
    await pause(40);
  }
  expect(exchange.requestsOf('ping')).toEqual([]);
});

test('close() in a connection listener ends everything', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  sdk.on('connection', ({ state }) => {
    if (state === 'connected') sdk.close();
  });
  await sdk.connect().catch(() => undefined);
  expect(sdk.state).toBe('disconnected');
  await eventually(() => exchange.sockets.size === 0, 'the socket ends');
  await pause(50);
  expect(exchange.upgrades).toHaveLength(1);
});

test('close() while connecting rejects connect() with CLOSED', async () => {
  const exchange = await startExchange();
  const sdk = client(exchange);
  const connecting = sdk.connect();
  sdk.close();
  await expect(connecting).rejects.toMatchObject({ code: 'CLOSED', retryable: false });
  await pause(50);
  expect(exchange.sockets.size).toBe(0);
});

test('a hundred clients that lost their server together come back spread over time', async () => {
  const exchange = await startExchange();
  const waits: number[] = [];
  const all = Array.from({ length: 100 }, () => client(exchange, { reconnect: { baseMs: 1_000, maxMs: 1_000 } }));
  await Promise.all(all.map((sdk) => sdk.connect()));
  for (const sdk of all)
    sdk.on('connection', ({ retryInMs }) => void (retryInMs !== undefined && waits.push(retryInMs)));
  exchange.cutAll();
  await eventually(() => waits.length === 100, 'all have lost it');
  expect(Math.min(...waits)).toBeLessThan(200);
  expect(Math.max(...waits)).toBeGreaterThan(800);
});

test('a WebSocket that tells an error and never closes, as that of Node 22 when it is refused, is given up', async () => {
  const exchange = await startExchange();
  let tries = 0;
  class ErrorWithoutClose {
    onerror: unknown;
    constructor() {
      setTimeout(() => (this.onerror as (event: { message: string }) => void)({ message: 'non-101 status code' }), 1);
    }
    close(): void {
      tries++;
    }
  }
  const Either = function (url: string) {
    return tries < 2 ? new ErrorWithoutClose() : new WebSocket(url);
  } as unknown as WebSocketConstructor;
  const sdk = client(exchange, { ws: Either });
  const steps = record(sdk, 'connection');
  await sdk.connect();
  expect(steps.map(({ code }) => code)).toEqual(['CONNECT_CALLED', 'OPEN_FAILED', 'OPEN_FAILED', 'OPENED']);
  expect(steps[1]?.reason).toContain('non-101 status code');
});
