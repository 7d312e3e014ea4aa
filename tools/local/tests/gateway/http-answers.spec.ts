import { request } from 'node:http';
import type { Gateway } from '../../src/gateway/index.js';
import type { LambdaFunction } from '../../src/lambda-host/index.js';
import { OBEY, Rig } from './rig.js';

const rig = new Rig();
const shared = new Rig();
let gateway: Gateway;
let hurried: LambdaFunction;

beforeAll(async () => {
  const obey = await shared.lambda(OBEY);
  hurried = await shared.lambda(OBEY, { name: 'hurried', timeoutMs: 300 });
  gateway = await shared.gateway({
    lambdas: { obey, hurried },
    routes: [
      { method: 'POST', path: '/v2', lambda: 'obey' },
      { method: 'POST', path: '/v1', lambda: 'obey', payload: '1.0' },
      { method: 'POST', path: '/hurried', lambda: 'hurried' },
    ],
    limits: { bodyBytes: 7_000_000 },
  });
});
afterEach(() => rig.close());
afterAll(() => shared.close());

function post(path: string, order: unknown): Promise<Response> {
  return fetch(`http://127.0.0.1:${gateway.port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
  });
}

/** What a Lambda's result becomes for the client. */
async function answerTo(path: string, result: unknown) {
  const answer = await post(path, { result });
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    text: await answer.text(),
    headers: answer.headers,
  };
}

const BAD_GATEWAY = { error: { code: 'BAD_GATEWAY', message: 'The function failed.' } };

test('status, headers and body of a 2.0 answer reach the client', async () => {
  const result = {
    statusCode: 202,
    headers: { 'Content-Type': 'application/json', 'X-Count': 3, 'x-flag': true },
    body: '{"a":1}',
  };
  const answer = await answerTo('/v2', result);
  expect(answer).toMatchObject({ status: 202, type: 'application/json', text: '{"a":1}' });
  expect(Object.fromEntries(answer.headers)).toMatchObject({ 'x-count': '3', 'x-flag': 'true', 'content-length': '7' });
  expect(answer.headers.get('apigw-requestid')).toMatch(/^[\w-]{15}=$/);
});

test('each cookie of a 2.0 answer is a set-cookie header of its own', async () => {
  const { headers } = await answerTo('/v2', { statusCode: 200, cookies: ['a=1; Path=/', 'b=2'] });
  expect(headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
});

test('a base64 body is decoded', async () => {
  const bytes = Buffer.from([0, 255, 1, 254]);
  const result = {
    statusCode: 200,
    headers: { 'content-type': 'image/png' },
    body: bytes.toString('base64'),
    isBase64Encoded: true,
  };
  for (const path of ['/v1', '/v2']) {
    const answer = await post(path, { result });
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
  }
});

test('a 2.0 answer without a content type is text, a 1.0 answer JSON', async () => {
  expect(await answerTo('/v2', { statusCode: 200, body: 'x' })).toMatchObject({
    type: 'text/plain; charset=utf-8',
    text: 'x',
  });
  expect(await answerTo('/v1', { statusCode: 200, body: '1' })).toMatchObject({ type: 'application/json', text: '1' });
});

test.each([
  ['an object', { message: 'hi' }, '{"message":"hi"}'],
  ['a list', [1, 2], '[1,2]'],
  ['a string', 'Hello from Lambda!', 'Hello from Lambda!'],
  ['a number', 5, '5'],
  ['nothing', null, 'null'],
])('%s without a status code is the JSON body of a 200 in format 2.0', async (_what, result, text) => {
  expect(await answerTo('/v2', result)).toMatchObject({ status: 200, type: 'application/json', text });
});

test('a 204 has neither body nor length', async () => {
  const answer = await answerTo('/v2', { statusCode: 204, body: 'dropped' });
  expect(answer).toMatchObject({ status: 204, text: '' });
  expect(answer.headers.get('content-length')).toBeNull();
});

test('a 1.0 answer may repeat a header, and its multi-value form wins', async () => {
  const { headers } = await answerTo('/v1', {
    statusCode: 200,
    headers: { 'X-Both': 'single', 'X-One': '1' },
    multiValueHeaders: { 'x-both': ['a', 'b'], 'Set-Cookie': ['a=1', 'b=2'] },
    body: '',
  });
  expect(headers.get('x-both')).toBe('a, b');
  expect(headers.get('x-one')).toBe('1');
  expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
});

test('the length is the gateway’s own, whatever the Lambda says', async () => {
  const answer = await answerTo('/v2', {
    statusCode: 200,
    headers: { 'Content-Length': '999', 'Transfer-Encoding': 'x' },
    body: 'abc',
  });
  expect(answer).toMatchObject({ status: 200, text: 'abc' });
});

test.each([
  ['/v1', 'no object', 'text'],
  ['/v1', 'no object', null],
  ['/v1', 'no status', { body: 'x' }],
  ['/v1', 'a header that is no list', { statusCode: 200, multiValueHeaders: { a: 'b' } }],
  ['/v2', 'a status that is no number', { statusCode: '200' }],
  ['/v2', 'a status out of range', { statusCode: 99 }],
  ['/v2', 'a broken status', { statusCode: 200.5 }],
  ['/v2', 'a body that is no text', { statusCode: 200, body: { a: 1 } }],
  ['/v2', 'headers that are no object', { statusCode: 200, headers: 'a: b' }],
  ['/v2', 'a header that is an object', { statusCode: 200, headers: { a: {} } }],
  ['/v2', 'a header that would split the answer', { statusCode: 200, headers: { a: 'b\r\nset-cookie: c' } }],
  ['/v2', 'a header name with a space', { statusCode: 200, headers: { 'a b': 'c' } }],
  ['/v2', 'cookies that are no list', { statusCode: 200, cookies: 'a=1' }],
  ['/v2', 'a flag that is no boolean', { statusCode: 200, isBase64Encoded: 'yes' }],
])('%s: a malformed answer (%s) is 502', async (path, _what, result) => {
  const { status, text } = await answerTo(path, result);
  expect({ status, body: JSON.parse(text) }).toEqual({ status: 502, body: BAD_GATEWAY });
});

test('a Lambda that throws is 502, and nothing of its error reaches the client', async () => {
  const answer = await post('/v2', { throw: 'password=hunter2' });
  expect({ status: answer.status, body: await answer.json() }).toEqual({ status: 502, body: BAD_GATEWAY });
});

test('a Lambda over its timeout is 504', async () => {
  const answer = await post('/hurried', { waitMs: 60_000 });
  expect({ status: answer.status, body: await answer.json() }).toEqual({
    status: 504,
    body: { error: { code: 'GATEWAY_TIMEOUT', message: 'The function took too long.' } },
  });
});

test('a Lambda that is not available is 503 with Retry-After', async () => {
  const gone = await rig.lambda(OBEY, { name: 'gone' });
  const other = await rig.gateway({ lambdas: { gone }, routes: [{ method: 'GET', path: '/gone', lambda: 'gone' }] });
  await gone.close();
  const answer = await fetch(`http://127.0.0.1:${other.port}/gone`);
  expect({ status: answer.status, retryAfter: answer.headers.get('retry-after'), body: await answer.json() }).toEqual({
    status: 503,
    retryAfter: '1',
    body: { error: { code: 'UNAVAILABLE', message: 'The function is not available.' } },
  });
});

test('a Lambda with a full queue is 429 with Retry-After', async () => {
  const busy = await rig.lambda(OBEY, { name: 'busy', concurrency: 1, maxQueued: 1 });
  const other = await rig.gateway({ lambdas: { busy }, routes: [{ method: 'GET', path: '/busy', lambda: 'busy' }] });
  const taken = [busy.invoke({ waitMs: 200 }), busy.invoke({})];
  const answer = await fetch(`http://127.0.0.1:${other.port}/busy`);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
  await Promise.all(taken);
});

test('a body over the bound is 413, also one whose length is not announced', async () => {
  const refused = { error: { code: 'TOO_LARGE', message: 'The body is larger than 7000000 bytes.' } };
  const announced = await fetch(`http://127.0.0.1:${gateway.port}/v2`, {
    method: 'POST',
    body: Buffer.alloc(7_000_001),
  });
  expect({ status: announced.status, body: await announced.json() }).toEqual({ status: 413, body: refused });
  const chunked = await fetch(`http://127.0.0.1:${gateway.port}/v2`, {
    method: 'POST',
    duplex: 'half',
    body: new ReadableStream({
      start(controller) {
        for (let i = 0; i < 8; i++) controller.enqueue(new Uint8Array(1_000_000));
        controller.close();
      },
    }),
  });
  expect({ status: chunked.status, body: await chunked.json() }).toEqual({ status: 413, body: refused });
});

test('a body that the gateway takes but a Lambda does not is 413', async () => {
  const answer = await fetch(`http://127.0.0.1:${gateway.port}/v2`, { method: 'POST', body: 'x'.repeat(6_500_000) });
  expect({ status: answer.status, body: await answer.json() }).toEqual({
    status: 413,
    body: { error: { code: 'TOO_LARGE', message: 'The request is larger than a function takes.' } },
  });
});

test('a client that leaves in the middle of its body costs nothing but itself', async () => {
  const leaving = request({ port: gateway.port, path: '/v2', method: 'POST', headers: { 'content-length': 100 } });
  leaving.on('error', () => undefined);
  leaving.write('half');
  await new Promise((resolve) => setTimeout(resolve, 50));
  leaving.destroy();
  expect(await answerTo('/v2', { statusCode: 200 })).toMatchObject({ status: 200 });
  expect(shared.logged.filter(({ level }) => level === 'error')).toEqual([]);
});
