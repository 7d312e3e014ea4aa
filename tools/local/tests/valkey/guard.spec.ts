import { eventually, valkeyBinary } from '@supernoba/testing';
import { Valkey } from 'iovalkey';
import { isPidsMessage } from '../../src/supervisor/part.js';
import { answersPing } from '../../src/supervisor/probes.js';
import { identify, isAlive, type ProcessIdentity } from '../../src/supervisor/process-identity.js';
import { endParts, killed, startPart, type PartProcess } from '../support/part-process.js';

const clients: Valkey[] = [];

async function startGuard(options: { port?: number; dir?: string } = {}) {
  const env = { VALKEY_SERVER_BIN: valkeyBinary(), PART_NAME: 'valkey-test' };
  const guard = await startPart('valkey-guard', { ...options, env });
  const server = await serverOf(guard);
  await eventually(() => answersPing(guard.port));
  return { guard, server };
}

async function serverOf({ child, messages }: PartProcess): Promise<ProcessIdentity> {
  return eventually(() => {
    const told = messages.find(isPidsMessage);
    if (told === undefined) return undefined;
    expect(told.pids).toEqual({ 'valkey-test': expect.any(Number), 'valkey-test-guard': child.pid });
    return identify(told.pids['valkey-test'] ?? 0);
  });
}

function connect(port: number): Valkey {
  const client = new Valkey({ port, host: '127.0.0.1', retryStrategy: () => null, disconnectTimeout: 20 });
  client.on('error', (error: Error) => expect(error.message).toMatch(/ECONN|closed/));
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await endParts();
});

test('runs a server on the loopback that keeps an append-only file and never evicts', async () => {
  const { guard } = await startGuard();
  const client = connect(guard.port);
  const settings = ['appendonly', 'appendfsync', 'maxmemory-policy', 'bind', 'save'];
  const found = await Promise.all(settings.map(async (name) => ((await client.config('GET', name)) as string[])[1]));
  expect(found).toEqual(['yes', 'everysec', 'noeviction', '127.0.0.1', '']);
});

test('SIGTERM ends both, with code 0, and the data is there at the next start', async () => {
  const { guard, server } = await startGuard();
  await connect(guard.port).set('key', 'value');
  guard.child.kill('SIGTERM');
  expect(await guard.ended).toBe(0);
  expect(isAlive(server)).toBe(false);
  const next = await startGuard({ dir: guard.dir });
  expect(await connect(next.guard.port).get('key')).toBe('value');
});

test('a parent that goes away takes guard and server along', async () => {
  const { guard, server } = await startGuard();
  // The channel closes when the parent ends, however it ends.
  guard.child.disconnect();
  await guard.ended;
  await eventually(() => !isAlive(server), { timeoutMs: 2_000 });
});

test('a server that is killed ends its guard, and every answered write is back', async () => {
  const { guard, server } = await startGuard();
  const client = connect(guard.port);
  for (let i = 0; i < 500; i += 1) await client.rpush('list', i);
  process.kill(server.pid, 'SIGKILL');
  expect(await guard.ended).toBe(1);
  expect(guard.log()).toContain('valkey-server ended: SIGKILL');
  const next = await startGuard({ dir: guard.dir, port: guard.port });
  expect(await connect(next.guard.port).llen('list')).toBe(500);
});

test('a guard that was killed leaves a server, which the next guard ends before it starts its own', async () => {
  const { guard, server } = await startGuard();
  await connect(guard.port).set('key', 'value');
  await killed(guard);
  expect(isAlive(server)).toBe(true);
  const next = await startGuard({ dir: guard.dir, port: guard.port });
  expect(isAlive(server)).toBe(false);
  expect(next.server.pid).not.toBe(server.pid);
  expect(await connect(next.guard.port).get('key')).toBe('value');
});
