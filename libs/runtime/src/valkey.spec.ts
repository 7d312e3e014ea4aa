import { eventually, startValkey, type TestValkey } from '@supernoba/testing';
import { createValkey, runScript, type Valkey } from './valkey.js';

let server: TestValkey;
let valkey: Valkey;

beforeEach(async () => {
  server = await startValkey();
  valkey = createValkey({ host: server.host, port: server.port, name: 'runtime-test', commandTimeoutMs: 500 });
  valkey.on('error', () => undefined);
  await valkey.connect();
});

afterEach(async () => {
  valkey.disconnect();
  await server.stop();
});

const script = { name: 'pair', numberOfKeys: 1, lua: 'return {KEYS[1], ARGV[1]}' };

test('a script runs also after the server forgot it', async () => {
  expect(await runScript(valkey, script, ['k'], ['v'])).toEqual(['k', 'v']);
  await valkey.script('FLUSH');
  expect(await runScript(valkey, script, ['k'], ['w'])).toEqual(['k', 'w']);
});

test('a wrong number of keys is the programmer’s error', async () => {
  await expect(runScript(valkey, script, [], [])).rejects.toThrow('pair takes 1 keys, not 0');
});

test('while the server is away commands fail at once, and it heals without a new client', async () => {
  await server.stop();
  await eventually(() => valkey.status !== 'ready');
  await expect(valkey.get('k')).rejects.toThrow();
  server = await startValkey({ port: server.port });
  await eventually(() => valkey.status === 'ready');
  expect(await valkey.set('k', '1')).toBe('OK');
});
