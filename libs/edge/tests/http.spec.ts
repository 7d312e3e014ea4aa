import { EdgeError, httpHandler, readEnv, uuidv7 } from '../src/index.js';
import { flag, integer, list, oneOf, text, url } from '../src/index.js';
import type { HttpRequest, Route } from '../src/index.js';
import { answerOf, httpApiEvent, refusalOf, restEvent } from './support/index.js';

const faults: unknown[] = [];
const log = (_message: string, error: unknown) => void faults.push(error);
const handle = (route: Route, corsOrigins: string[] = []) => httpHandler(route, { corsOrigins, log });
const echo: Route = (request) =>
  Promise.resolve({
    status: 200,
    body: {
      method: request.method,
      path: request.segments,
      q: request.query('symbol') ?? null,
      a: request.header('authorization') ?? null,
    },
  });
const readJson: Route = (request: HttpRequest) => Promise.resolve({ status: 200, body: request.json() });

test('REST and HTTP API events, whatever the case of their headers, are the same request', async () => {
  const call = { query: { symbol: 'A B' }, token: 't' };
  const expected = { status: 200, body: { method: 'DELETE', path: ['orders', 'a/b'], q: 'A B', a: 'Bearer t' } };
  expect(answerOf(await handle(echo)(restEvent('DELETE', '/orders/a%2Fb', call)))).toEqual(expected);
  expect(answerOf(await handle(echo)(httpApiEvent('DELETE', '/orders/a%2Fb', call)))).toEqual(expected);
});

test('a body comes plain or as base64', async () => {
  for (const event of [restEvent('POST', '/', { body: { a: 'ü' } }), httpApiEvent('POST', '/', { body: { a: 'ü' } })]) {
    expect(answerOf(await handle(readJson)(event))).toEqual({ status: 200, body: { a: 'ü' } });
  }
});

test.each([
  ['16 KiB exactly', `"${'x'.repeat(16 * 1024 - 2)}"`, [200, '']],
  ['one byte more', `"${'x'.repeat(16 * 1024 - 1)}"`, [413, 'TOO_LARGE']],
  ['the same in two-byte letters', `"${'ü'.repeat(8 * 1024 - 1)}ü"`, [413, 'TOO_LARGE']],
  ['a megabyte', 'x'.repeat(1_000_000), [413, 'TOO_LARGE']],
  ['nothing', '', [400, 'BAD_JSON']],
  ['no JSON', '{', [400, 'BAD_JSON']],
])('a body of %s', async (_name, body, [status, code]) => {
  for (const event of [restEvent('POST', '/', { body }), httpApiEvent('POST', '/', { body })]) {
    const answer = await handle(readJson)(event);
    expect(status === 200 ? [answer.statusCode, ''] : refusalOf(answer)).toEqual([status, code]);
  }
});

test('bytes that are no UTF-8, and a path that is not encoded', async () => {
  const event = {
    ...httpApiEvent('POST', '/'),
    body: Buffer.from([0x22, 0xff, 0x22]).toString('base64'),
    isBase64Encoded: true,
  };
  expect(refusalOf(await handle(readJson)(event))).toEqual([400, 'BAD_JSON']);
  expect(refusalOf(await handle(echo)(restEvent('GET', '/orders/%ff')))).toEqual([400, 'BAD_REQUEST']);
});

test('an error has the form, the status and the headers of the contract', async () => {
  const answer = await handle(() =>
    Promise.reject(new EdgeError('TOO_MANY_REQUESTS', 'slower', { details: { n: 1 }, retryAfterS: 2 })),
  )(restEvent('GET', '/'));
  expect(answerOf(answer)).toEqual({
    status: 429,
    body: { error: { code: 'TOO_MANY_REQUESTS', message: 'slower', details: { n: 1 } } },
  });
  expect(answer.headers).toMatchObject({ 'retry-after': '2', 'content-type': 'application/json; charset=utf-8' });
});

test('a fault of ours is 503, told in general and logged in full', async () => {
  faults.length = 0;
  const fault = new TypeError('secret detail');
  const answer = await handle(() => Promise.reject(fault))(restEvent('GET', '/'));
  expect(answerOf(answer)).toEqual({
    status: 503,
    body: { error: { code: 'UNAVAILABLE', message: 'the service cannot be reached now' } },
  });
  expect(faults).toEqual([fault]);
});

test('only the origins named may call from a browser, none by default', async () => {
  const from = (Origin: string) => restEvent('OPTIONS', '/orders', { headers: { Origin } });
  expect((await handle(echo)(from('https://a.test'))).headers).toEqual({});
  const allowed = await handle(echo, ['https://a.test'])(from('https://a.test'));
  expect(allowed).toMatchObject({
    statusCode: 204,
    headers: { 'access-control-allow-origin': 'https://a.test', vary: 'Origin' },
  });
  expect((await handle(echo, ['https://a.test'])(from('https://b.test'))).headers).toEqual({ vary: 'Origin' });
  const refused = await handle(readJson, ['https://a.test'])(
    restEvent('POST', '/', { headers: { origin: 'https://a.test' }, body: '{' }),
  );
  expect(refused).toMatchObject({ statusCode: 400, headers: { 'access-control-allow-origin': 'https://a.test' } });
});

test('every mistake of the environment is in one message, secrets are not', () => {
  const shape = {
    A: text(),
    B: integer(1, 9, 5),
    C: flag(false),
    D: oneOf(['x', 'y'], 'x'),
    E: url(),
    F: list(),
    DB_PASSWORD: integer(0, 1, 0),
  };
  expect(readEnv({ B: shape.B, C: shape.C, D: shape.D, F: shape.F }, { B: '', F: 'a, b,' })).toEqual({
    B: 5,
    C: false,
    D: 'x',
    F: ['a', 'b'],
  });
  expect(() => readEnv(shape, { A: '', B: '10', C: 'yes', D: 'z', E: 'ftp://x', DB_PASSWORD: 'hunter2' })).toThrow(
    new Error(
      [
        'The environment has 6 mistakes:',
        'A is not set: a value is required',
        'B=10: must be a whole number from 1 to 9',
        'C=yes: must be true or false',
        'D=z: must be one of x, y',
        'E=ftp://x: must be an http or https address',
        'DB_PASSWORD=(hidden): must be a whole number from 0 to 1',
      ].join('\n  '),
    ),
  );
});

test('a UUIDv7 carries its time, its version and its variant, and never comes twice', () => {
  const ids = Array.from({ length: 1000 }, () => uuidv7(1733896438267));
  expect(new Set(ids).size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^0193b448-01fb-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(parseInt(ids[0]!.replaceAll('-', '').slice(0, 12), 16)).toBe(1733896438267);
});
