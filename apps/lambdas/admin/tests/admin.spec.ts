import { createJournal, createSymbolGuard, openValkey, type HttpAnswer, type Valkey } from '@supernoba/edge';
import {
  answerOf,
  createIssuer,
  refusalOf,
  restEvent,
  startDynamo,
  startKinesis,
  type HttpCall,
  type TestDynamo,
  type TestIssuer,
  type TestKinesis,
} from '@supernoba/edge/testing';
import { decodeRecord, TABLES } from '@supernoba/protocol';
import { startValkey, type TestValkey } from '@supernoba/testing';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from '../src/handler.js';
import { createSymbolStore } from '../src/symbol-store.js';

let server: TestValkey;
let valkey: Valkey;
let dynamo: TestDynamo;
let kinesis: TestKinesis;
let issuer: TestIssuer;
let handler: ReturnType<typeof createHandler>;
let token: string;
let clock: number;

beforeEach(async () => {
  clock = 1733896438267;
  [server, dynamo, kinesis, issuer] = await Promise.all([
    startValkey(),
    startDynamo(TABLES.symbols, TABLES.audit),
    startKinesis('supernoba-orders', 1),
    createIssuer(),
  ]);
  const at = { VALKEY_HOST: server.host, VALKEY_PORT: server.port, VALKEY_TLS: false, VALKEY_PASSWORD: undefined };
  valkey = openValkey(at, 'test');
  handler = newHandler();
  token = await issuer.adminToken('root');
});
afterEach(async () => {
  valkey.disconnect();
  await Promise.all([server.stop(), dynamo.stop(), kinesis.stop()]);
});

function newHandler({ audit = 'admin_audit', stream = kinesis.stream } = {}) {
  const store = createSymbolStore({
    dynamo: () => Promise.resolve(dynamo.client),
    symbols: TABLES.symbols.name,
    audit,
  });
  return createHandler({
    verify: issuer.verify,
    store,
    journal: createJournal({ kinesis: () => Promise.resolve(kinesis.client), stream }),
    guard: createSymbolGuard({ valkey, keys: createKeys(), table: store }),
    corsOrigins: [],
    now: () => clock,
    log: () => undefined,
  });
}

const call = (method: string, path: string, options: HttpCall = {}): Promise<HttpAnswer> =>
  handler(restEvent(method, `/admin/symbols${path}`, { token, ...options }));
const everywhere = async () => ({
  journal: (await kinesis.records()).map(({ data }) => data),
  table: (await dynamo.rows('symbols')).map(({ symbol, state }) => [symbol?.S, state?.S]),
  audit: (await dynamo.rows('admin_audit')).map(({ symbol, op, actor, request_id }) => [
    symbol?.S,
    op?.S,
    actor?.S,
    request_id?.S,
  ]),
  active: (await valkey.smembers('active:symbols')).sort(),
  states: await valkey.hgetall('symbol:states'),
});

test('a symbol lives: created, configured, halted, resumed, delisted; journal, table, projection and audit agree', async () => {
  const created = await call('POST', '', { body: { symbol: 'NEW', config: { day_offset_min: 0 }, request_id: 'r1' } });
  expect(answerOf(created)).toEqual({
    status: 201,
    body: {
      symbol: 'NEW',
      state: 'open',
      config: { day_offset_min: 0 },
      updated_at: clock,
      updated_by: 'root',
      request_id: 'r1',
    },
  });
  const configured = await call('PUT', '/NEW', { body: { config: { stp: 'CANCEL_TAKER' }, request_id: 'r2' } });
  expect(answerOf(configured)).toMatchObject({
    status: 200,
    body: { state: 'open', config: { day_offset_min: 0, stp: 'CANCEL_TAKER' } },
  });
  expect(answerOf(await call('PUT', '/NEW', { body: { state: 'halted', request_id: 'r3' } })).body).toMatchObject({
    state: 'halted',
  });
  expect(await valkey.hgetall('symbol:states')).toEqual({ NEW: 'halted' });
  expect(answerOf(await call('PUT', '/NEW', { body: { state: 'open', request_id: 'r4' } })).body).toMatchObject({
    state: 'open',
  });
  const shown = answerOf(await call('GET', '/NEW'));
  expect(answerOf(await call('GET', ''))).toEqual({ status: 200, body: { symbols: [shown.body] } });
  expect(answerOf(await call('DELETE', '/NEW', { query: { request_id: 'r5' } })).body).toMatchObject({
    state: 'delisted',
  });

  const record = (op: string, request_id: string, more = {}) => ({
    action: 'SYMBOL',
    op,
    symbol: 'NEW',
    request_id,
    actor: 'root',
    ...more,
  });
  const { journal, ...stores } = await everywhere();
  expect(journal).toEqual([
    record('CONFIG', 'r1', { config: { day_offset_min: 0 } }),
    record('CONFIG', 'r2', { config: { day_offset_min: 0, stp: 'CANCEL_TAKER' } }),
    record('HALT', 'r3'),
    record('RESUME', 'r4'),
    record('DELIST', 'r5'),
  ]);
  for (const entry of journal)
    expect(decodeRecord(Buffer.from(JSON.stringify(entry)), 'NEW')).toEqual([{ ok: true, index: 0, entry }]);
  expect(stores).toEqual({
    table: [['NEW', 'delisted']],
    audit: ['CONFIG', 'CONFIG', 'HALT', 'RESUME', 'DELIST'].map((op, i) => ['NEW', op, 'root', `r${i + 1}`]),
    active: [],
    states: { NEW: 'delisted' },
  });
});

test('band and halt are configured one by one, and the journal gets the whole configuration each time', async () => {
  await call('POST', '', { body: { symbol: 'NEW', config: { reference_price: 15_000, price_band_bps: 1_000 } } });
  const config = { halt_threshold_bps: 500, halt_duration_ms: 60_000, reference_window_ms: 30_000 };
  const whole = { reference_price: 15_000, price_band_bps: 1_000, ...config };
  expect(answerOf(await call('PUT', '/NEW', { body: { config } })).body).toMatchObject({ config: whole });
  expect(answerOf(await call('PUT', '/NEW', { body: { config: { price_band_bps: 0 } } })).status).toBe(200);
  const off = { ...whole, price_band_bps: 0 };
  expect(answerOf(await call('GET', '/NEW')).body).toMatchObject({ config: off });
  const { journal } = await everywhere();
  expect(journal.slice(1)).toMatchObject([{ config: whole }, { config: off }]);
});

test('a request id repeated with another band is refused', async () => {
  await call('POST', '', { body: { symbol: 'NEW' } });
  const put = (price_band_bps: number) =>
    call('PUT', '/NEW', { body: { config: { price_band_bps }, request_id: 'r1' } });
  expect((await put(100)).statusCode).toBe(200);
  expect(refusalOf(await put(200))).toEqual([400, 'BAD_REQUEST_ID']);
});

test('a request repeated with its id has one effect, and heals a lost projection', async () => {
  const steps = [
    () => call('POST', '', { body: { symbol: 'NEW', request_id: 'r1' } }),
    () => call('PUT', '/NEW', { body: { config: { stp: 'DECREMENT' }, request_id: 'r2' } }),
    () => call('PUT', '/NEW', { body: { state: 'halted', request_id: 'r3' } }),
    () => call('DELETE', '/NEW', { query: { request_id: 'r4' } }),
  ];
  for (const step of steps) {
    const first = answerOf(await step());
    const before = await everywhere();
    await valkey.flushall();
    expect(answerOf(await step())).toEqual(first);
    expect(await everywhere()).toEqual(before);
  }
});

test('a request id that another change has used is refused', async () => {
  await call('POST', '', { body: { symbol: 'NEW', request_id: 'r1' } });
  expect(refusalOf(await call('PUT', '/NEW', { body: { state: 'halted', request_id: 'r1' } }))).toEqual([
    400,
    'BAD_REQUEST_ID',
  ]);
});

test('a name that was ever used stays taken, and a delisted symbol stays delisted', async () => {
  await call('POST', '', { body: { symbol: 'NEW' } });
  expect(refusalOf(await call('POST', '', { body: { symbol: 'NEW' } }))).toEqual([409, 'SYMBOL_EXISTS']);
  await call('DELETE', '/NEW');
  expect(refusalOf(await call('POST', '', { body: { symbol: 'NEW' } }))).toEqual([409, 'SYMBOL_EXISTS']);
  expect(refusalOf(await call('PUT', '/NEW', { body: { state: 'open' } }))).toEqual([409, 'SYMBOL_HALTED']);
});

test('two changes at once: one happens, the other is told to look again, and the journal has the one alone', async () => {
  await call('POST', '', { body: { symbol: 'NEW' } });
  const answers = await Promise.all(
    [0, 60, 120].map((day_offset_min) => call('PUT', '/NEW', { body: { config: { day_offset_min } } })),
  );
  const codes = answers.map(({ statusCode }) => statusCode).sort();
  expect(codes[0]).toBe(200);
  expect(codes.every((code) => code === 200 || code === 503)).toBe(true);
  const { journal } = await everywhere();
  expect(journal).toHaveLength(1 + codes.filter((code) => code === 200).length);
  expect(answerOf(await call('GET', '/NEW')).body).toMatchObject({
    config: (journal.at(-1) as { config: object }).config,
  });
});

test('without its audit row nothing happens', async () => {
  handler = newHandler({ audit: 'no_such_table' });
  expect(refusalOf(await call('POST', '', { body: { symbol: 'NEW' } }))).toEqual([503, 'UNAVAILABLE']);
  expect(await everywhere()).toEqual({ journal: [], table: [], audit: [], active: [], states: {} });
});

test('without the journal a change is pending, and the same request finishes it later', async () => {
  const body = { symbol: 'NEW', request_id: 'r1' };
  handler = newHandler({ stream: 'no-such-stream' });
  expect(refusalOf(await call('POST', '', { body }))).toEqual([503, 'UNAVAILABLE']);
  expect(answerOf(await call('GET', '/NEW')).body).toMatchObject({ pending: 'CONFIG' });
  expect(await everywhere()).toMatchObject({ journal: [], active: [] });
  handler = newHandler();
  const other = await call('PUT', '/NEW', { body: { state: 'halted' } });
  expect(refusalOf(other)).toEqual([503, 'UNAVAILABLE']);
  expect((await call('POST', '', { body })).statusCode).toBe(201);
  expect(answerOf(await call('GET', '/NEW')).body).not.toHaveProperty('pending');
  expect(await everywhere()).toMatchObject({
    journal: [{ op: 'CONFIG', request_id: 'r1' }],
    table: [['NEW', 'open']],
    active: ['NEW'],
  });
});

test('a change that nobody finished is finished by the next one, before it begins', async () => {
  await call('POST', '', { body: { symbol: 'NEW', request_id: 'r1' } });
  handler = newHandler({ stream: 'no-such-stream' });
  await call('PUT', '/NEW', { body: { config: { day_offset_min: 60 }, request_id: 'r2' } });
  clock += 30_001;
  handler = newHandler();
  const admin = await call('PUT', '/NEW', { body: { state: 'halted', request_id: 'r3' } });
  expect(answerOf(admin).body).toMatchObject({ state: 'halted', config: { day_offset_min: 60 } });
  expect((await everywhere()).journal).toMatchObject([
    { op: 'CONFIG', request_id: 'r1' },
    { op: 'CONFIG', request_id: 'r2', config: { day_offset_min: 60 } },
    { op: 'HALT', request_id: 'r3' },
  ]);
});

test('only an administrator, by the app metadata of a verified token', async () => {
  const user = await issuer.token('eve', { user_metadata: { role: 'admin' } });
  const stranger = await (await createIssuer()).adminToken('root');
  for (const [method, path] of [
    ['GET', ''],
    ['POST', ''],
    ['PUT', '/NEW'],
    ['DELETE', '/NEW'],
  ] as const) {
    const body = { symbol: 'NEW' };
    expect(refusalOf(await call(method, path, { body, token: user }))).toEqual([403, 'FORBIDDEN']);
    expect(refusalOf(await call(method, path, { body, token: stranger }))).toEqual([401, 'UNAUTHORIZED']);
    expect(refusalOf(await call(method, path, { body, token: '' }))).toEqual([401, 'UNAUTHORIZED']);
  }
  expect(await everywhere()).toMatchObject({ journal: [], audit: [] });
});

test.each<[string, string, HttpCall, number, string]>([
  ['POST', '', { body: { symbol: 'a' } }, 400, 'BAD_SYMBOL'],
  ['POST', '', { body: { symbol: 'NEW', colour: 1 } }, 400, 'UNKNOWN_FIELD'],
  ['POST', '', { body: { symbol: 'NEW', config: { day_offset_min: 1000 } } }, 400, 'BAD_REQUEST'],
  ['POST', '', { body: { symbol: 'NEW', config: { price_band_bps: -1 } } }, 400, 'BAD_REQUEST'],
  ['POST', '', { body: { symbol: 'NEW', config: { halt_duration_ms: 0 } } }, 400, 'BAD_REQUEST'],
  ['POST', '', { body: { symbol: 'NEW', config: { band: 1 } } }, 400, 'UNKNOWN_FIELD'],
  ['POST', '', { body: { symbol: 'NEW', request_id: 'a b' } }, 400, 'BAD_REQUEST_ID'],
  ['POST', '/NEW', { body: {} }, 404, 'NOT_FOUND'],
  ['PUT', '', { body: {} }, 404, 'NOT_FOUND'],
  ['PUT', '/NEW', { body: {} }, 400, 'BAD_REQUEST'],
  ['PUT', '/NEW', { body: { state: 'halted', config: {} } }, 400, 'BAD_REQUEST'],
  ['PUT', '/NEW', { body: { state: 'delisted' } }, 400, 'BAD_REQUEST'],
  ['PUT', '/NEW', { body: { state: 'halted' } }, 404, 'UNKNOWN_SYMBOL'],
  ['DELETE', '/NEW', {}, 404, 'UNKNOWN_SYMBOL'],
  ['DELETE', '/NEW', { query: { request_id: 'a b' } }, 400, 'BAD_REQUEST_ID'],
  ['GET', '/new', {}, 400, 'BAD_SYMBOL'],
])('%s %s is refused with a clear error', async (method, path, options, status, code) => {
  expect(refusalOf(await call(method, path, options))).toEqual([status, code]);
  expect(await everywhere()).toMatchObject({ journal: [], table: [] });
});
