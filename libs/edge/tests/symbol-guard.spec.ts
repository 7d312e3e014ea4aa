import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SYMBOL_CONFIG_NUMBERS, SYMBOL_CONFIG_RANGES, TABLES } from '@supernoba/protocol';
import type { SymbolConfig, SymbolState } from '@supernoba/protocol';
import { startValkey } from '@supernoba/testing';
import type { TestValkey } from '@supernoba/testing';
import { createKeys } from '@supernoba/valkey-keys';
import { createSymbolGuard, createSymbolTable, openValkey, toSymbolDetail, toSymbolItem } from '../src/index.js';
import type { Valkey } from '../src/index.js';
import { startDynamo } from './support/index.js';
import type { TestDynamo } from './support/index.js';

let server: TestValkey;
let valkey: Valkey;
let dynamo: TestDynamo;
let clock = 0;

beforeEach(async () => {
  server = await startValkey();
  dynamo = await startDynamo(TABLES.symbols);
  const settings = {
    VALKEY_HOST: server.host,
    VALKEY_PORT: server.port,
    VALKEY_TLS: false,
    VALKEY_PASSWORD: undefined,
  };
  valkey = openValkey(settings, 'test');
  clock = 0;
});
afterEach(async () => {
  valkey.disconnect();
  await Promise.all([server.stop(), dynamo.stop()]);
});

const newGuard = (table = 'symbols') =>
  createSymbolGuard({
    valkey,
    keys: createKeys(),
    table: createSymbolTable({ dynamo: () => Promise.resolve(dynamo.client), table }),
    now: () => clock,
  });
const put = (symbol: string, state: SymbolState) =>
  dynamo.client.send(
    new PutItemCommand({
      TableName: 'symbols',
      Item: toSymbolItem({
        symbol,
        state,
        config: { day_offset_min: 0, stp: 'NONE' },
        updated_at: 1,
        updated_by: 'root',
      }),
    }),
  );

test('an absent projection is restored from the table, states and all', async () => {
  await put('TEST', 'open');
  await put('HALT', 'halted');
  await put('GONE', 'delisted');
  const guard = newGuard();
  expect(await guard.stateOf('HALT')).toBe('halted');
  expect(await guard.stateOf('TEST')).toBe('open');
  expect(await guard.stateOf('GONE')).toBe('delisted');
  expect((await valkey.smembers('active:symbols')).sort()).toEqual(['HALT', 'TEST']);
  expect(await guard.list()).toEqual([
    { symbol: 'GONE', state: 'delisted' },
    { symbol: 'HALT', state: 'halted' },
    { symbol: 'TEST', state: 'open' },
  ]);
  await expect(guard.stateOf('NOPE')).rejects.toMatchObject({ code: 'UNKNOWN_SYMBOL', status: 404 });
});

test('while a long list is restored, nobody is told that one of its symbols is unknown', async () => {
  const symbols = Array.from({ length: 600 }, (_, i) => `S${i}`);
  for (let first = 0; first < symbols.length; first += 50)
    await Promise.all(symbols.slice(first, first + 50).map((symbol) => put(symbol, 'open')));
  const asked = symbols.filter((_, i) => i % 150 === 149);
  const states = await Promise.all(asked.map((symbol) => newGuard().stateOf(symbol)));
  expect(new Set(states)).toEqual(new Set(['open']));
  expect(await valkey.scard('active:symbols')).toBe(600);
});

test('a list asked first restores too', async () => {
  await put('TEST', 'open');
  expect(await newGuard().list()).toEqual([{ symbol: 'TEST', state: 'open' }]);
});

test('a market that halted by itself is listed as halted while its depth says so', async () => {
  await put('CALM', 'open');
  await put('WILD', 'open');
  await valkey.set('depth:CALM', '{"e":"d","s":"CALM","t":1,"b":[],"a":[],"u":1}');
  await valkey.set('depth:WILD', '{"e":"d","s":"WILD","t":1,"b":[],"a":[],"u":1,"state":"halted"}');
  const guard = newGuard();
  expect(await guard.list()).toEqual([
    { symbol: 'CALM', state: 'open' },
    { symbol: 'WILD', state: 'halted' },
  ]);
  await valkey.set('depth:CALM', '{"e":"d","s":"CALM","t":2,"b":[],"a":[],"u":1,"state":"delisted"}');
  expect((await guard.list()).map(({ state }) => state)).toEqual(['delisted', 'halted']);
  await valkey.del('depth:CALM');
  await valkey.set('depth:WILD', '{"e":"d","s":"WILD","t":2,"b":[],"a":[],"u":1}');
  expect((await guard.list()).map(({ state }) => state)).toEqual(['open', 'open']);
});

test('a row keeps the whole configuration of its symbol', () => {
  const config: SymbolConfig = { stp: 'DECREMENT' };
  for (const field of SYMBOL_CONFIG_NUMBERS) config[field] = SYMBOL_CONFIG_RANGES[field][1];
  const row = {
    symbol: 'TEST',
    state: 'open' as const,
    config,
    updated_at: 1,
    updated_by: 'root',
    pending: 'HALT' as const,
  };
  expect(toSymbolDetail(toSymbolItem(row))).toEqual(row);
});

test('an active set that another tool wrote stands as it is', async () => {
  await valkey.sadd('active:symbols', 'TEST');
  expect(await newGuard().stateOf('TEST')).toBe('open');
  await expect(newGuard().stateOf('OTHER')).rejects.toMatchObject({ code: 'UNKNOWN_SYMBOL' });
});

test('absence of projection and rows, or a table that fails, is 503 and never an unknown symbol', async () => {
  await expect(newGuard().stateOf('TEST')).rejects.toMatchObject({ code: 'UNAVAILABLE', status: 503 });
  await expect(newGuard('no_such_table').stateOf('TEST')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(newGuard().list()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('a cache that fails is 503', async () => {
  const guard = newGuard();
  await server.stop();
  await expect(guard.stateOf('TEST')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('a row that cannot be read is 503: half a symbol is not no symbol', async () => {
  await dynamo.client.send(
    new PutItemCommand({ TableName: 'symbols', Item: { symbol: { S: 'TEST' }, state: { S: 'sleeping' } } }),
  );
  await expect(newGuard().stateOf('TEST')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('an open symbol is remembered for a second, a halted one not at all', async () => {
  await put('TEST', 'open');
  const guard = newGuard();
  await guard.stateOf('TEST');
  await valkey.hset('symbol:states', 'TEST', 'halted');
  clock = 999;
  expect(await guard.stateOf('TEST')).toBe('open');
  clock = 1000;
  expect(await guard.stateOf('TEST')).toBe('halted');
  await valkey.hset('symbol:states', 'TEST', 'open');
  expect(await guard.stateOf('TEST')).toBe('open');
});

test('a change of one symbol never makes the others unknown', async () => {
  await put('TEST', 'open');
  await put('NEW', 'open');
  const guard = newGuard();
  await guard.project('NEW', 'open');
  expect((await valkey.smembers('active:symbols')).sort()).toEqual(['NEW', 'TEST']);
  await valkey.del('active:symbols');
  await guard.project('NEW', 'delisted');
  expect(await valkey.smembers('active:symbols')).toEqual(['TEST']);
  expect(await valkey.hgetall('symbol:states')).toEqual({ TEST: 'open', NEW: 'delisted' });
  await guard.project('NEW', 'halted');
  expect((await valkey.smembers('active:symbols')).sort()).toEqual(['NEW', 'TEST']);
});
