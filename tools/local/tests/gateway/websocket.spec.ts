import { connect as connectTcp } from 'node:net';
import { eventually } from '@supernoba/testing';
import type { LambdaFunction } from '../../src/lambda-host/index.js';
import { ECHO, OBEY, PRINT, Rig } from './rig.js';

const rig = new Rig();
const shared = new Rig();
let echo: LambdaFunction;
let obey: LambdaFunction;

beforeAll(async () => {
  [echo, obey] = await Promise.all([shared.lambda(ECHO), shared.lambda(OBEY)]);
});
afterEach(() => rig.close());
afterAll(() => shared.close());

const time = expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
const shortId = expect.stringMatching(/^[\w-]{15}=$/);
const epoch = expect.any(Number);

/** A gateway whose WebSocket routes all end in Lambdas that print their events. */
async function printing(routeKeys: string[], limits = {}) {
  const printer = await rig.lambda(PRINT);
  const routes = Object.fromEntries(routeKeys.map((key) => [key, 'printer']));
  return rig.gateway({ lambdas: { printer }, webSocket: { routes }, limits });
}

const routesSeen = () => rig.events().map((event) => event.requestContext.routeKey);

describe('$connect', () => {
  test('gets the headers and the query string of the handshake', async () => {
    const gateway = await printing(['$connect']);
    await rig.connect(gateway, '/ws?token=a.b%2Bc&testMode=true&s=1&s=2', {
      headers: { 'X-Two': 'x', 'User-Agent': 'me' },
    });
    const [event] = rig.events();
    expect(event).toEqual({
      headers: {
        Host: `127.0.0.1:${gateway.port}`,
        'Sec-WebSocket-Extensions': expect.any(String),
        'Sec-WebSocket-Key': expect.any(String),
        'Sec-WebSocket-Version': '13',
        'User-Agent': 'me',
        'X-Amzn-Trace-Id': expect.stringMatching(/^Root=1-/),
        'X-Forwarded-For': '127.0.0.1',
        'X-Forwarded-Port': String(gateway.port),
        'X-Forwarded-Proto': 'http',
        'X-Two': 'x',
      },
      multiValueHeaders: expect.objectContaining({ 'X-Two': ['x'] }),
      queryStringParameters: { token: 'a.b+c', testMode: 'true', s: '2' },
      multiValueQueryStringParameters: { token: ['a.b+c'], testMode: ['true'], s: ['1', '2'] },
      requestContext: {
        routeKey: '$connect',
        eventType: 'CONNECT',
        extendedRequestId: shortId,
        requestTime: time,
        messageDirection: 'IN',
        stage: 'local',
        connectedAt: epoch,
        requestTimeEpoch: epoch,
        identity: { userAgent: 'me', sourceIp: '127.0.0.1' },
        requestId: shortId,
        domainName: '127.0.0.1',
        connectionId: shortId,
        apiId: 'local',
      },
      isBase64Encoded: false,
    });
  });

  test('without a query string the event has none', async () => {
    const gateway = await printing(['$connect']);
    await rig.connect(gateway);
    expect(rig.events()[0]).not.toHaveProperty('queryStringParameters');
  });

  test.each([[401], [403], [429], [500]])(
    'an answer of %d refuses the upgrade with that status, without $disconnect',
    async (status) => {
      const connect = await rig.lambda(`export const handler = () => ({ statusCode: ${status}, body: 'why' });`, {
        name: 'connect',
      });
      const printer = await rig.lambda(PRINT);
      const routes = { $connect: 'connect', $disconnect: 'printer' };
      const gateway = await rig.gateway({ lambdas: { connect, printer }, webSocket: { routes } });
      await expect(rig.connect(gateway)).rejects.toThrow(`Unexpected server response: ${status}`);
      await gateway.close();
      expect(rig.lines).toEqual([]);
    },
  );

  test.each([
    ['throws', `() => { throw new Error('x'); }`, 502],
    ['answers without a status', `() => ({})`, 502],
    ['answers nothing', `() => undefined`, 502],
    ['takes too long', `() => new Promise(() => undefined)`, 504],
    ['is away', undefined, 503],
  ])('a Lambda that %s refuses the upgrade', async (_what, handler, status) => {
    const connect = await rig.lambda(`export const handler = ${handler ?? '() => undefined'};`, { timeoutMs: 300 });
    const gateway = await rig.gateway({ lambdas: { connect }, webSocket: { routes: { $connect: 'connect' } } });
    if (handler === undefined) await connect.close();
    await expect(rig.connect(gateway)).rejects.toThrow(`Unexpected server response: ${status}`);
    expect(gateway.connections).toBe(0);
  });

  test('chooses the subprotocol', async () => {
    const connect = await rig.lambda(
      `export const handler = (event) => ({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': event.headers['Sec-WebSocket-Protocol'].split(',')[1] } });`,
    );
    const gateway = await rig.gateway({ lambdas: { connect }, webSocket: { routes: { $connect: 'connect' } } });
    expect((await rig.connect(gateway, '/ws', {}, ['v1', 'v2'])).socket.protocol).toBe('v2');
  });

  test('a malformed handshake never reaches it', async () => {
    const gateway = await printing(['$connect']);
    const status = await new Promise<string>((resolve) => {
      const socket = connectTcp(gateway.port, '127.0.0.1', () => {
        socket.write(
          'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n',
        );
      });
      socket.once('data', (data) => resolve(data.toString().split('\r\n', 1)[0] ?? ''));
    });
    expect(status).toBe('HTTP/1.1 400 Bad Request');
    expect(rig.lines).toEqual([]);
  });

  test('is asked at the WebSocket address only; plain HTTP there is 426', async () => {
    const gateway = await printing(['$connect']);
    await expect(rig.connect(gateway, '/other')).rejects.toThrow('Unexpected server response: 404');
    const answer = await fetch(`http://127.0.0.1:${gateway.port}/ws`);
    expect([answer.status, answer.headers.get('upgrade')]).toEqual([426, 'websocket']);
    expect(rig.lines).toEqual([]);
  });

  test('no route for it lets everybody in', async () => {
    const gateway = await rig.gateway({ lambdas: {}, webSocket: { path: '/socket', routes: {} } });
    await rig.connect(gateway, '/socket');
    expect(gateway.connections).toBe(1);
  });
});

describe('$disconnect', () => {
  test('gets the connection, the close code and the reason of the client', async () => {
    const gateway = await printing(['$connect', '$disconnect']);
    const { socket } = await rig.connect(gateway);
    socket.close(4001, 'bored');
    await eventually(() => rig.lines.length === 2);
    const [connect, disconnect] = rig.events();
    expect(disconnect).toEqual({
      headers: { Host: '127.0.0.1', 'x-api-key': '', 'X-Forwarded-For': '', 'x-restapi': '' },
      multiValueHeaders: { Host: ['127.0.0.1'], 'x-api-key': [''], 'X-Forwarded-For': [''], 'x-restapi': [''] },
      requestContext: {
        routeKey: '$disconnect',
        disconnectStatusCode: 4001,
        disconnectReason: 'bored',
        eventType: 'DISCONNECT',
        extendedRequestId: shortId,
        requestTime: time,
        messageDirection: 'IN',
        stage: 'local',
        connectedAt: connect?.requestContext.connectedAt,
        requestTimeEpoch: epoch,
        identity: { sourceIp: '127.0.0.1' },
        requestId: shortId,
        domainName: '127.0.0.1',
        connectionId: connect?.requestContext.connectionId,
        apiId: 'local',
      },
      isBase64Encoded: false,
    });
    expect(gateway.connections).toBe(0);
  });

  test('comes once for a client that vanishes, with 1006', async () => {
    const gateway = await printing(['$disconnect']);
    (await rig.connect(gateway)).socket.terminate();
    await eventually(() => rig.lines.length === 1);
    await gateway.close();
    expect(rig.events().map((event) => event.requestContext.disconnectStatusCode)).toEqual([1006]);
  });

  test('comes for a client that left while $connect ran', async () => {
    const slow = await rig.lambda(
      `export const handler = () => new Promise((resolve) => setTimeout(resolve, 200, { statusCode: 200 }));`,
      { name: 'slow' },
    );
    const printer = await rig.lambda(PRINT);
    const routes = { $connect: 'slow', $disconnect: 'printer' };
    const gateway = await rig.gateway({ lambdas: { slow, printer }, webSocket: { routes } });
    const socket = connectTcp(gateway.port, '127.0.0.1', () => {
      const key = Buffer.alloc(16).toString('base64');
      socket.write(
        `GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
      );
      setTimeout(() => socket.destroy(), 50);
    });
    await eventually(() => rig.lines.length === 1);
    expect(rig.events()[0]).toMatchObject({ requestContext: { routeKey: '$disconnect', disconnectStatusCode: 1006 } });
    expect(gateway.connections).toBe(0);
  });

  test('comes after the messages that the client had sent', async () => {
    const slow = await rig.lambda(
      `export const handler = async (event) => { await new Promise((resolve) => setTimeout(resolve, 30)); console.log(event.requestContext.routeKey); };`,
    );
    const gateway = await rig.gateway({
      lambdas: { slow },
      webSocket: { routes: { $default: 'slow', $disconnect: 'slow' } },
      limits: { inFlightPerConnection: 2 },
    });
    const { socket } = await rig.connect(gateway);
    for (let i = 0; i < 10; i++) socket.send(`{"n":${i}}`);
    socket.close();
    await eventually(() => rig.lines.length === 11);
    expect(rig.lines).toEqual([...Array.from({ length: 10 }, () => '[tested] $default'), '[tested] $disconnect']);
  });

  test('that fails is logged and not tried again', async () => {
    const gateway = await rig.gateway({ lambdas: { obey }, webSocket: { routes: { $disconnect: 'obey' } } });
    (await rig.connect(gateway)).socket.close();
    await eventually(() => gateway.connections === 0);
    await gateway.close();
    expect(rig.logged.map(({ message }) => message)).toEqual([]);
    const broken = await rig.lambda(`export const handler = () => { console.log('tried'); throw new Error('no'); };`);
    const other = await rig.gateway({ lambdas: { broken }, webSocket: { routes: { $disconnect: 'broken' } } });
    (await rig.connect(other)).socket.close();
    await eventually(() => rig.logged.length === 1);
    expect(rig.logged[0]?.message).toBe('$disconnect failed');
    expect(rig.lines).toEqual(['[tested] tried']);
  });
});

describe('messages', () => {
  test('go by their action, to $default otherwise, with what API Gateway says of a message', async () => {
    const gateway = await printing(['$connect', '$default', 'order']);
    const { socket } = await rig.connect(gateway);
    const sent = [
      '{"action":"order","price":1}',
      '{"action":"other"}',
      'no json',
      '[1]',
      'null',
      '{"action":5}',
      '{"action":"$connect"}',
    ];
    for (const text of sent) socket.send(text);
    await eventually(() => rig.lines.length === 8);
    const [connect, ...messages] = rig.events();
    expect(messages.map(({ body, requestContext }) => [body, requestContext.routeKey])).toEqual(
      sent.map((text, i) => [text, i === 0 ? 'order' : '$default']),
    );
    expect(messages[0]).toEqual({
      requestContext: {
        routeKey: 'order',
        messageId: shortId,
        eventType: 'MESSAGE',
        extendedRequestId: shortId,
        requestTime: time,
        messageDirection: 'IN',
        stage: 'local',
        connectedAt: connect?.requestContext.connectedAt,
        requestTimeEpoch: epoch,
        identity: { sourceIp: '127.0.0.1' },
        requestId: shortId,
        domainName: '127.0.0.1',
        connectionId: connect?.requestContext.connectionId,
        apiId: 'local',
      },
      body: '{"action":"order","price":1}',
      isBase64Encoded: false,
    });
  });

  test('a binary message goes to $default as base64', async () => {
    const gateway = await printing(['$default', 'order']);
    const { socket } = await rig.connect(gateway);
    socket.send(Buffer.from('{"action":"order"}'), { binary: true });
    await eventually(() => rig.lines.length === 1);
    expect(rig.events()[0]).toMatchObject({
      requestContext: { routeKey: '$default' },
      body: Buffer.from('{"action":"order"}').toString('base64'),
      isBase64Encoded: true,
    });
  });

  test('a body in the answer comes back as one text frame, and no body as none', async () => {
    const gateway = await rig.gateway({ lambdas: { obey }, webSocket: { routes: { $default: 'obey' } } });
    const { socket, frames } = await rig.connect(gateway);
    for (const result of [
      { statusCode: 200 },
      { statusCode: 200, body: '' },
      { statusCode: 400, body: '{"e":"err","ü":1}' },
      { statusCode: 200, body: Buffer.from('encoded').toString('base64'), isBase64Encoded: true },
      { statusCode: 200, body: 'last' },
    ]) {
      socket.send(JSON.stringify({ result }));
    }
    await eventually(() => frames.includes('last'));
    expect(frames).toEqual(['{"e":"err","ü":1}', 'encoded', 'last']);
  });

  test('a failing Lambda gives the frame of API Gateway, and the connection stays', async () => {
    const gateway = await rig.gateway({ lambdas: { obey }, webSocket: { routes: { $default: 'obey' } } });
    const { socket, frames } = await rig.connect(gateway);
    socket.send('{"throw":"secret"}');
    socket.send('{"result":{"body":"well"}}');
    await eventually(() => frames.length === 2);
    expect(JSON.parse(frames[0] ?? '')).toEqual({
      message: 'Internal server error',
      connectionId: shortId,
      requestId: shortId,
    });
    expect(frames[1]).toBe('well');
  });

  test('a message without a route is answered Forbidden', async () => {
    const gateway = await rig.gateway({ lambdas: { echo }, webSocket: { routes: { order: 'echo' } } });
    const { socket, frames } = await rig.connect(gateway);
    socket.send('{"action":"other"}');
    await eventually(() => frames.length === 1);
    expect(JSON.parse(frames[0] ?? '')).toEqual({ message: 'Forbidden', connectionId: shortId, requestId: shortId });
  });

  test('of one connection begin in order, no more at a time than the bound, and none is lost', async () => {
    const counting = await rig.lambda(
      `let running = 0, most = 0; const order = [];
       export const handler = async (event) => {
         order.push(Number(event.body)); most = Math.max(most, ++running);
         await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
         running--;
         return { statusCode: 200, body: JSON.stringify({ most, order }) };
       };`,
    );
    const gateway = await rig.gateway({
      lambdas: { counting },
      webSocket: { routes: { $default: 'counting' } },
      limits: { inFlightPerConnection: 4 },
    });
    const { socket, frames } = await rig.connect(gateway);
    for (let n = 0; n < 2000; n++) socket.send(String(n));
    await eventually(() => frames.length === 2000, { timeoutMs: 20_000 });
    const { most, order } = JSON.parse(frames.at(-1) ?? '') as { most: number; order: number[] };
    expect(most).toBe(4);
    expect(order).toEqual(Array.from({ length: 2000 }, (_, n) => n));
  });

  test('of a busy connection do not hold up another', async () => {
    const gateway = await rig.gateway({
      lambdas: { obey },
      webSocket: { routes: { $default: 'obey' } },
      limits: { inFlightPerConnection: 1 },
    });
    const busy = await rig.connect(gateway);
    const other = await rig.connect(gateway);
    busy.socket.send('{"waitMs":2000,"result":{"body":"busy"}}');
    other.socket.send('{"result":{"body":"other"}}');
    await eventually(() => other.frames.length === 1, { timeoutMs: 1000 });
    expect([busy.frames, other.frames]).toEqual([[], ['other']]);
  });
});

describe('sizes', () => {
  const MESSAGE = 128 * 1024;
  const FRAME = 32 * 1024;

  /** Sends text in frames of at most `size`. */
  async function send(text: string, size: number) {
    const gateway = await printing(['$default']);
    const client = await rig.connect(gateway);
    for (let at = 0; at < text.length; at += size)
      client.socket.send(text.slice(at, at + size), { fin: at + size >= text.length });
    return client;
  }

  test('a message of 128 KB in frames of 32 KB is taken', async () => {
    await send('x'.repeat(MESSAGE), FRAME);
    await eventually(() => rig.lines.length > 0);
    await eventually(() => rig.lines.join('').includes(`"body":"${'x'.repeat(1000)}`));
  });

  test.each([
    ['a message over 128 KB', MESSAGE + 1, FRAME],
    ['a frame over 32 KB', FRAME + 1, FRAME + 1],
    ['a frame over 64 KB', 70_000, 70_000],
  ])('%s closes with 1009 and reaches no Lambda', async (_what, length, size) => {
    const { closed } = await send('x'.repeat(length), size);
    expect(await closed).toMatchObject({ code: 1009 });
    expect(routesSeen()).toEqual([]);
  });

  test('messages before one that is too large are handled', async () => {
    const gateway = await printing(['$default']);
    const { socket, closed } = await rig.connect(gateway);
    socket.send('small');
    socket.send('x'.repeat(FRAME + 1));
    socket.send('after');
    expect(await closed).toMatchObject({ code: 1009 });
    await eventually(() => rig.lines.length === 1);
    await gateway.close();
    expect(rig.events().map((event) => event.body)).toEqual(['small']);
  });
});

describe('quotas', () => {
  test('an idle connection is closed with 1001, an active one is not', async () => {
    const gateway = await printing(['$default', '$disconnect'], { idleMs: 400 });
    const idle = await rig.connect(gateway);
    const active = await rig.connect(gateway);
    const beat = setInterval(() => active.socket.send('beat'), 50);
    expect(await idle.closed).toEqual({ code: 1001, reason: 'Going away' });
    expect(active.socket.readyState).toBe(active.socket.OPEN);
    clearInterval(beat);
    expect(await active.closed).toEqual({ code: 1001, reason: 'Going away' });
  });

  test('a connection is closed with 1001 at the end of its life, however active', async () => {
    const gateway = await printing(['$default'], { lifeMs: 400 });
    const { socket, closed } = await rig.connect(gateway);
    const beat = setInterval(() => socket.send('beat'), 50);
    expect(await closed).toEqual({ code: 1001, reason: 'Going away' });
    clearInterval(beat);
  });

  test('more new connections than the quota are refused with 429', async () => {
    const gateway = await rig.gateway({ lambdas: {}, webSocket: { routes: {} }, limits: { connectionsPerSecond: 5 } });
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => rig.connect(gateway)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.length).toBeGreaterThanOrEqual(6);
    expect(String(refused[0]?.reason)).toContain('Unexpected server response: 429');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await rig.connect(gateway);
  });

  test('more connections at a time than the bound are refused with 429', async () => {
    const gateway = await rig.gateway({ lambdas: {}, webSocket: { routes: {} }, limits: { maxConnections: 2 } });
    const first = await rig.connect(gateway);
    await rig.connect(gateway);
    await expect(rig.connect(gateway)).rejects.toThrow('Unexpected server response: 429');
    first.socket.close();
    await eventually(() => gateway.connections === 1);
    await rig.connect(gateway);
  });

  test('more messages than the quota are answered Too Many Requests', async () => {
    const gateway = await printing(['$default'], { requestsPerSecond: 5 });
    const { socket, frames } = await rig.connect(gateway);
    for (let i = 0; i < 10; i++) socket.send('x');
    await eventually(() => frames.length >= 4 && rig.lines.length >= 5);
    expect(JSON.parse(frames[0] ?? '')).toEqual({
      message: 'Too Many Requests',
      connectionId: shortId,
      requestId: shortId,
    });
  });
});

test('closing says 1001 to everybody and delivers every $disconnect, within two seconds', async () => {
  const gateway = await printing(['$disconnect']);
  const clients = await Promise.all(Array.from({ length: 100 }, () => rig.connect(gateway)));
  const began = performance.now();
  await gateway.close();
  expect(performance.now() - began).toBeLessThan(2000);
  const closes = await Promise.all(clients.map(({ closed }) => closed));
  expect(closes).toEqual(clients.map(() => ({ code: 1001, reason: 'Going away' })));
  await eventually(() => rig.lines.length === 100);
  expect(new Set(rig.events().map((event) => event.requestContext.connectionId)).size).toBe(100);
});

test('closing does not wait for a client that takes no part, nor for a $disconnect that hangs', async () => {
  const hanging = await rig.lambda(`export const handler = () => new Promise(() => undefined);`);
  const gateway = await rig.gateway({
    lambdas: { hanging },
    webSocket: { routes: { $default: 'hanging', $disconnect: 'hanging' } },
  });
  const { socket, closed } = await rig.connect(gateway);
  socket.send('hang');
  socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const began = performance.now();
  await gateway.close();
  expect(performance.now() - began).toBeLessThan(2000);
  socket.resume();
  await closed;
});
