import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startGateway, type Gateway } from '../../src/gateway/index.js';
import type { LambdaFunction } from '../../src/lambda-host/index.js';
import { ECHO, newFolder, Rig } from './rig.js';

const rig = new Rig();
const shared = new Rig();
let echo: LambdaFunction;

beforeAll(async () => {
  echo = await shared.lambda(ECHO);
});
afterEach(() => rig.close());
afterAll(() => shared.close());

const NOT_FOUND = { error: { code: 'NOT_FOUND', message: 'There is nothing at this address.' } };

/** Sends the path as it stands: fetch would tidy it up. */
function raw(gateway: Gateway, method: string, path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>((resolve, reject) => {
    const asking = request({ port: gateway.port, host: '127.0.0.1', method, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => (text += part));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    asking.on('error', reject);
    asking.end();
  });
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  rig.closeLater(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return (server.address() as AddressInfo).port;
}

describe('routes', () => {
  const routes = [
    { method: 'ANY', path: '/orders/{id}', lambda: 'echo' },
    { method: 'POST', path: '/orders/batch', lambda: 'echo' },
    { method: 'DELETE', path: '/orders/{id}', lambda: 'echo' },
    { method: 'GET', path: '/{proxy+}', lambda: 'echo' },
    { method: 'POST', path: '/only', lambda: 'echo' },
  ];

  test.each([
    ['POST', '/orders/batch', 'POST /orders/batch'],
    ['POST', '/orders/1', 'ANY /orders/{id}'],
    ['DELETE', '/orders/1', 'DELETE /orders/{id}'],
    ['DELETE', '/orders/batch', 'DELETE /orders/{id}'],
    ['GET', '/orders/1/fills', 'GET /{proxy+}'],
  ])('%s %s takes the most specific route', async (method, path, routeKey) => {
    const gateway = await rig.gateway({ lambdas: { echo }, routes });
    const { text } = await raw(gateway, method, path);
    expect(JSON.parse(text)).toMatchObject({ routeKey });
  });

  test('an address without a route is 404 in the shape of the project', async () => {
    const gateway = await rig.gateway({ lambdas: { echo }, routes: routes.slice(0, 2) });
    for (const path of ['/', '/nothing', '/orders', '/orders/', '/orders/1/', '/orders/1/2']) {
      const { status, headers, text } = await raw(gateway, 'POST', path);
      expect({ path, status, type: headers['content-type'], body: JSON.parse(text) }).toEqual({
        path,
        status: 404,
        type: 'application/json',
        body: NOT_FOUND,
      });
    }
  });

  test('a known address with another method is 404 METHOD_NOT_ALLOWED, also where a file of that name lies', async () => {
    const staticDir = newFolder();
    writeFileSync(join(staticDir, 'only'), 'file');
    const gateway = await rig.gateway({ lambdas: { echo }, routes: routes.slice(4), staticDir });
    const { status, text } = await raw(gateway, 'GET', '/only');
    expect({ status, body: JSON.parse(text) }).toMatchObject({
      status: 404,
      body: { error: { code: 'METHOD_NOT_ALLOWED' } },
    });
  });

  test('a malformed address is 400', async () => {
    const gateway = await rig.gateway({ lambdas: { echo }, routes });
    for (const path of ['/orders/%zz', 'http://127.0.0.1/orders/1', '*']) {
      expect(JSON.parse((await raw(gateway, 'GET', path)).text)).toMatchObject({ error: { code: 'BAD_REQUEST' } });
    }
  });

  test('names that objects inherit are no parameters and no routes', async () => {
    const gateway = await rig.gateway({ lambdas: { echo }, routes: routes.slice(0, 1) });
    const { text } = await raw(gateway, 'GET', '/orders/__proto__?__proto__=1&constructor=2');
    expect(JSON.parse(text).pathParameters).toEqual({ id: '__proto__' });
    expect(Object.entries(JSON.parse(text)['queryStringParameters'])).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });

  test('what is no HTTP is answered 400 and ends', async () => {
    const gateway = await rig.gateway({ lambdas: { echo }, routes });
    const socket = connect(gateway.port, '127.0.0.1');
    let text = '';
    socket.on('data', (data) => (text += data.toString()));
    socket.write('no http at all\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('files', () => {
  async function serve() {
    const outside = newFolder();
    writeFileSync(join(outside, 'secret.txt'), 'secret');
    const staticDir = join(outside, 'page');
    mkdirSync(join(staticDir, 'assets'), { recursive: true });
    writeFileSync(join(staticDir, 'index.html'), '<h1>ü</h1>');
    writeFileSync(join(staticDir, 'assets/app.js'), 'let a;');
    writeFileSync(join(staticDir, 'assets/empty.css'), '');
    writeFileSync(join(staticDir, '.env'), 'KEY=1');
    writeFileSync(join(staticDir, 'orders'), 'a file of that name');
    symlinkSync(join(outside, 'secret.txt'), join(staticDir, 'link.txt'));
    return rig.gateway({ lambdas: { echo }, routes: [{ method: 'GET', path: '/orders', lambda: 'echo' }], staticDir });
  }

  test.each([
    ['/', 'text/html; charset=utf-8', '<h1>ü</h1>'],
    ['/index.html?v=1', 'text/html; charset=utf-8', '<h1>ü</h1>'],
    ['/assets/app.js', 'text/javascript; charset=utf-8', 'let a;'],
    ['/assets/empty.css', 'text/css; charset=utf-8', ''],
  ])('%s is served as %s', async (path, type, content) => {
    const { status, headers, text } = await raw(await serve(), 'GET', path);
    expect({ status, type: headers['content-type'], length: headers['content-length'], text }).toEqual({
      status: 200,
      type,
      length: String(Buffer.byteLength(content)),
      text: content,
    });
    expect(headers).toMatchObject({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
  });

  test('a file that the client has is 304, a changed one is sent again', async () => {
    const gateway = await serve();
    const { etag } = (await raw(gateway, 'GET', '/')).headers;
    const same = await raw(gateway, 'GET', '/', { 'if-none-match': `"other", W/${String(etag)}` });
    expect(same).toMatchObject({ status: 304, text: '' });
    expect((await raw(gateway, 'GET', '/', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('HEAD gives the headers alone', async () => {
    expect(await raw(await serve(), 'HEAD', '/')).toMatchObject({
      status: 200,
      text: '',
      headers: { 'content-length': '11' },
    });
  });

  test.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/.env',
    '/link.txt',
    '/index.html%00.js',
    '/assets',
    '/index.html/x',
    `/${'a'.repeat(300)}`,
  ])('%s leads nowhere', async (path) => {
    const { status, text } = await raw(await serve(), 'GET', path);
    expect({ status, body: JSON.parse(text) }).toEqual({ status: 404, body: NOT_FOUND });
  });

  test('a file never hides a route, and is not written to', async () => {
    const gateway = await serve();
    expect(JSON.parse((await raw(gateway, 'GET', '/orders')).text)).toMatchObject({ routeKey: 'GET /orders' });
    expect((await raw(gateway, 'PUT', '/index.html')).status).toBe(404);
  });
});

describe('a proxied prefix', () => {
  const proxy = (port: number) => ({
    lambdas: {},
    proxies: [{ prefix: '/auth/v1', target: `http://127.0.0.1:${port}` }],
  });

  test('hands method, path, headers and body on, and the answer back', async () => {
    const port = await listen(
      createServer((incoming, outgoing) => {
        let body = '';
        incoming.on('data', (part: Buffer) => (body += part.toString()));
        incoming.on('end', () => {
          const { method, url, headers } = incoming;
          outgoing.writeHead(
            201,
            [
              ['Set-Cookie', 'a=1'],
              ['Set-Cookie', 'b=2'],
              ['X-Api', 'v1'],
            ].flat(),
          );
          outgoing.end(JSON.stringify({ method, url, headers, body }));
        });
      }),
    );
    const gateway = await rig.gateway(proxy(port));
    const answer = await fetch(`http://127.0.0.1:${gateway.port}/auth/v1/token?grant_type=password`, {
      method: 'POST',
      headers: { apikey: 'k' },
      body: '{"email":"a"}',
    });
    expect([answer.status, answer.headers.get('x-api'), answer.headers.getSetCookie()]).toEqual([
      201,
      'v1',
      ['a=1', 'b=2'],
    ]);
    expect(await answer.json()).toMatchObject({
      method: 'POST',
      url: '/auth/v1/token?grant_type=password',
      headers: {
        apikey: 'k',
        'content-length': '13',
        host: `127.0.0.1:${gateway.port}`,
        'x-forwarded-for': '127.0.0.1',
      },
      body: '{"email":"a"}',
    });
  });

  test('covers the prefix itself and what is below it, nothing beside it', async () => {
    const port = await listen(createServer((incoming, outgoing) => outgoing.end(incoming.url)));
    const gateway = await rig.gateway(proxy(port));
    expect((await raw(gateway, 'GET', '/auth/v1')).text).toBe('/auth/v1');
    expect((await raw(gateway, 'DELETE', '/auth/v1/a')).text).toBe('/auth/v1/a');
    expect((await raw(gateway, 'GET', '/auth/v12')).status).toBe(404);
  });

  test('is 503 while the other server is away', async () => {
    const gateway = await rig.gateway(proxy(1));
    const { status, text } = await raw(gateway, 'GET', '/auth/v1/user');
    expect({ status, body: JSON.parse(text) }).toMatchObject({ status: 503, body: { error: { code: 'UNAVAILABLE' } } });
  });

  test('cuts the answer off where the other server breaks off', async () => {
    const port = await listen(
      createServer((incoming, outgoing) => {
        outgoing.writeHead(200, { 'content-length': 100 }).write('half', () => incoming.socket.destroy());
      }),
    );
    const gateway = await rig.gateway(proxy(port));
    await expect(
      fetch(`http://127.0.0.1:${gateway.port}/auth/v1/user`).then((answer) => answer.text()),
    ).rejects.toThrow();
    expect((await raw(gateway, 'GET', '/')).status).toBe(404);
  });
});

describe('CORS', () => {
  const preflight = { origin: 'https://a.example', 'access-control-request-method': 'POST' };
  const routes = [
    { method: 'POST', path: '/orders', lambda: 'echo' },
    { method: 'OPTIONS', path: '/own', lambda: 'echo' },
  ];

  test('without the setting a preflight goes to the route’s Lambda', async () => {
    const gateway = await rig.gateway({ lambdas: { echo }, routes });
    expect(JSON.parse((await raw(gateway, 'OPTIONS', '/own', preflight)).text)).toMatchObject({
      routeKey: 'OPTIONS /own',
    });
    expect((await raw(gateway, 'OPTIONS', '/orders', preflight)).status).toBe(404);
  });

  test('with the setting the gateway answers preflights of every route, for allowed origins only', async () => {
    const cors = { allowOrigins: ['https://a.example'], maxAgeSeconds: 60 };
    const gateway = await rig.gateway({ lambdas: { echo }, routes, cors });
    const allowed = await raw(gateway, 'OPTIONS', '/orders', preflight);
    expect(allowed).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': 'https://a.example',
        'access-control-allow-methods': 'GET,POST,PUT,DELETE',
        'access-control-allow-headers': 'authorization,content-type',
        'access-control-max-age': '60',
        vary: 'origin',
      },
    });
    const other = await raw(gateway, 'OPTIONS', '/orders', { ...preflight, origin: 'https://b.example' });
    expect(other.headers).not.toHaveProperty('access-control-allow-origin');
    expect((await raw(gateway, 'OPTIONS', '/nothing', preflight)).status).toBe(404);
  });

  test('with the setting answers and errors carry the gateway’s headers, not the Lambda’s', async () => {
    const open = await rig.lambda(
      `export const handler = async () => ({ statusCode: 200, headers: { 'Access-Control-Allow-Origin': 'https://evil.example' } });`,
    );
    const cors = { allowOrigins: ['*'], exposeHeaders: ['retry-after'] };
    const gateway = await rig.gateway({
      lambdas: { open },
      routes: [{ method: 'GET', path: '/open', lambda: 'open' }],
      cors,
    });
    for (const path of ['/open', '/nothing']) {
      expect((await raw(gateway, 'GET', path, { origin: 'https://a.example' })).headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'retry-after',
      });
    }
    expect((await raw(gateway, 'GET', '/open')).headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('starting', () => {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

  test.each([
    [
      'a route of an unknown Lambda',
      { routes: [{ method: 'GET', path: '/a', lambda: 'none' }] },
      'route GET /a names the Lambda "none"',
    ],
    [
      'a WebSocket route of an unknown Lambda',
      { webSocket: { routes: { $connect: 'toString' } } },
      'WebSocket route $connect names',
    ],
    ['a schedule of an unknown Lambda', { schedules: [{ name: 's', lambda: 'none', everyMs: 1 }] }, 'schedule s names'],
    [
      'a malformed path',
      { routes: [{ method: 'GET', path: 'orders/{id', lambda: 'echo' }] },
      'must be a path like /orders/{id}',
    ],
    ['an unknown limit', { limits: { frames: 1 } }, 'frames'],
    [
      'two schedules of one name',
      { schedules: [1000, 2000].map((everyMs) => ({ name: 's', lambda: 'echo', everyMs })) },
      'holds a name twice',
    ],
    ['an event source without a folder', { eventSources: [{ name: 'a', stream: 's', lambda: 'echo' }] }, 'dataDir'],
    [
      'a proxy with a path',
      { proxies: [{ prefix: '/a', target: 'http://127.0.0.1:1/b' }] },
      'must be an origin without a path',
    ],
  ])('%s is refused with BAD_SETTINGS', async (_what, options, message) => {
    const starting = startGateway({ port: 0, lambdas: { echo }, log, ...(options as object) });
    await expect(starting).rejects.toMatchObject({ code: 'BAD_SETTINGS', message: expect.stringContaining(message) });
  });

  test('a busy port is named, and nothing stays behind', async () => {
    const { port } = await rig.gateway({ lambdas: {} });
    const starting = startGateway({ port, lambdas: {}, log });
    await expect(starting).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `port ${port} of 127.0.0.1 is in use`,
    });
  });
});

test('more requests than the quota are 429 with Retry-After, and the quota fills again', async () => {
  const gateway = await rig.gateway({
    lambdas: { echo },
    routes: [{ method: 'GET', path: '/echo', lambda: 'echo' }],
    limits: { requestsPerSecond: 5 },
  });
  const answers = await Promise.all(Array.from({ length: 15 }, () => raw(gateway, 'GET', '/echo')));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(9);
  expect(refused[0]).toMatchObject({ headers: { 'retry-after': '1' } });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect((await raw(gateway, 'GET', '/echo')).status).toBe(200);
});

test('closing lets requests under way be answered and takes no new ones', async () => {
  const slow = await rig.lambda(
    `export const handler = () => new Promise((resolve) => setTimeout(resolve, 300, { statusCode: 200, body: 'done' }));`,
  );
  const gateway = await rig.gateway({ lambdas: { slow }, routes: [{ method: 'GET', path: '/slow', lambda: 'slow' }] });
  const under = fetch(`http://127.0.0.1:${gateway.port}/slow`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const began = performance.now();
  await gateway.close();
  expect(performance.now() - began).toBeLessThan(1000);
  expect(await (await under).text()).toBe('done');
  await expect(raw(gateway, 'GET', '/slow')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
