import type { LambdaFunction } from '../../src/lambda-host/index.js';
import { ECHO, Rig, type SeenEvent } from './rig.js';

const rig = new Rig();
const shared = new Rig();
let echo: LambdaFunction;

beforeAll(async () => {
  echo = await shared.lambda(ECHO);
});
afterEach(() => rig.close());
afterAll(() => shared.close());

const routes = [
  { method: 'ANY', path: '/orders/{id}', lambda: 'echo' },
  { method: 'POST', path: '/orders', lambda: 'echo' },
  { method: 'GET', path: '/files/{path+}', lambda: 'echo' },
  { method: 'PUT', path: '/rest/{id}', lambda: 'echo', payload: '1.0' as const },
  { method: 'GET', path: '/rest', lambda: 'echo', payload: '1.0' as const },
];

async function ask(path: string, init: RequestInit = {}): Promise<SeenEvent> {
  const gateway = await rig.gateway({ lambdas: { echo }, routes });
  const answer = await fetch(`http://127.0.0.1:${gateway.port}${path}`, init);
  return (await answer.json()) as SeenEvent;
}

const time = expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
const trace = expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
const epoch = expect.any(Number);
const shortId = expect.stringMatching(/^[\w-]{15}=$/);

test('an HTTP API event 2.0 has every field of a request with a body', async () => {
  const event = await ask('/orders/a%2Fb?symbol=TEST&symbol=BTCUSD&note=a+b%26c', {
    method: 'PUT',
    headers: {
      'Content-Type': 'application/json',
      Authorization: 'Bearer t',
      Cookie: 'a=1; b=2',
      'User-Agent': 'me',
      'X-Two': 'x, y',
    },
    body: '{"price":150}',
  });
  expect(event).toEqual({
    version: '2.0',
    routeKey: 'ANY /orders/{id}',
    rawPath: '/orders/a%2Fb',
    rawQueryString: 'symbol=TEST&symbol=BTCUSD&note=a+b%26c',
    cookies: ['a=1', 'b=2'],
    headers: {
      accept: '*/*',
      'accept-encoding': expect.any(String),
      'accept-language': '*',
      authorization: 'Bearer t',
      'content-length': '13',
      'content-type': 'application/json',
      host: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      'sec-fetch-mode': 'cors',
      'user-agent': 'me',
      'x-amzn-trace-id': trace,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-port': expect.stringMatching(/^\d+$/),
      'x-forwarded-proto': 'http',
      'x-two': 'x, y',
    },
    queryStringParameters: { symbol: 'TEST,BTCUSD', note: 'a b&c' },
    pathParameters: { id: 'a/b' },
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: '127.0.0.1',
      domainPrefix: '127',
      http: { method: 'PUT', path: '/orders/a%2Fb', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'me' },
      requestId: shortId,
      routeKey: 'ANY /orders/{id}',
      stage: '$default',
      time,
      timeEpoch: epoch,
    },
    body: '{"price":150}',
    isBase64Encoded: false,
  });
});

test('an HTTP API event 2.0 leaves out what a bare request has not', async () => {
  const event = await ask('/orders', { method: 'POST' });
  expect(Object.keys(event).sort()).toEqual(
    ['headers', 'isBase64Encoded', 'rawPath', 'rawQueryString', 'requestContext', 'routeKey', 'version'].sort(),
  );
  expect(event).toMatchObject({ rawQueryString: '', isBase64Encoded: false, routeKey: 'POST /orders' });
});

test('a greedy parameter takes the rest of the path', async () => {
  expect((await ask('/files/a/b%20c/d')).pathParameters).toEqual({ path: 'a/b c/d' });
});

test.each([
  ['application/json; charset=utf-8', '{"a":"ü"}', false],
  ['application/problem+json', '{}', false],
  ['text/csv', 'a,b', false],
  ['application/x-www-form-urlencoded', 'a=1', true],
  ['application/octet-stream', 'bytes', true],
])('a body of type %s arrives whole', async (type, body, isBase64Encoded) => {
  const event = await ask('/orders', { method: 'POST', headers: { 'content-type': type }, body });
  expect(event.isBase64Encoded).toBe(isBase64Encoded);
  expect(isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString() : event.body).toBe(body);
});

test('a body that is no UTF-8 arrives as base64, whatever its type says', async () => {
  const body = Buffer.from([0x7b, 0xff, 0x00, 0x7d]);
  const event = await ask('/orders', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  expect(event).toMatchObject({ isBase64Encoded: true, body: body.toString('base64') });
});

test('the list of X-Forwarded-For goes on, and what else a client claims about its way is replaced', async () => {
  const headers = { 'X-Forwarded-For': '10.0.0.1', 'X-Forwarded-Proto': 'https', 'X-Amzn-Trace-Id': 'mine' };
  const event = await ask('/orders', { method: 'POST', headers });
  expect(event['headers']).toMatchObject({
    'x-forwarded-for': '10.0.0.1, 127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-amzn-trace-id': trace,
  });
  expect(event.requestContext.http.sourceIp).toBe('127.0.0.1');
});

test('a REST API event has every field of a request with a body', async () => {
  const event = await ask('/rest/7?symbol=TEST&symbol=BTCUSD&a=1', {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json', Cookie: 'a=1', 'User-Agent': 'me' },
    body: '{"price":150}',
  });
  expect(event).toEqual({
    resource: '/rest/{id}',
    path: '/rest/7',
    httpMethod: 'PUT',
    headers: expect.objectContaining({
      'Content-Type': 'application/json',
      Cookie: 'a=1',
      'X-Forwarded-For': '127.0.0.1',
    }),
    multiValueHeaders: expect.objectContaining({ 'Content-Type': ['application/json'], 'X-Amzn-Trace-Id': [trace] }),
    queryStringParameters: { symbol: 'BTCUSD', a: '1' },
    multiValueQueryStringParameters: { symbol: ['TEST', 'BTCUSD'], a: ['1'] },
    pathParameters: { id: '7' },
    stageVariables: null,
    requestContext: {
      resourceId: 'local',
      resourcePath: '/rest/{id}',
      httpMethod: 'PUT',
      extendedRequestId: shortId,
      requestTime: time,
      path: '/local/rest/7',
      accountId: '000000000000',
      protocol: 'HTTP/1.1',
      stage: 'local',
      domainPrefix: '127',
      requestTimeEpoch: epoch,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      identity: {
        cognitoIdentityPoolId: null,
        accountId: null,
        cognitoIdentityId: null,
        caller: null,
        accessKey: null,
        cognitoAuthenticationType: null,
        cognitoAuthenticationProvider: null,
        userArn: null,
        principalOrgId: null,
        user: null,
        sourceIp: '127.0.0.1',
        userAgent: 'me',
      },
      domainName: '127.0.0.1',
      deploymentId: 'local',
      apiId: 'local',
    },
    body: '{"price":150}',
    isBase64Encoded: false,
  });
});

test('a REST API event has null where a bare request has nothing', async () => {
  expect(await ask('/rest')).toMatchObject({
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    body: null,
    isBase64Encoded: false,
  });
});
