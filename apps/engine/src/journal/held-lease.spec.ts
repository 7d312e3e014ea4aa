import type { EnginePorts } from '../ports.js';
import { fencedPorts, HeldLease } from './held-lease.js';
import { LeaseObserver } from './lease-observer.js';
import type { LeaseRow } from './lease-table.js';

let now = 0;
const clock = { now: () => 0, monotonic: () => now };
const leaseAt = (sentAt: number) => new HeldLease('s0', 'me', 3, 1, 1_000, clock, sentAt);

test('a lease is valid for four fifths of its life after the call that renewed it was made', () => {
  now = 0;
  const lease = leaseAt(0);
  now = 799;
  expect(lease.valid).toBe(true);
  lease.renewed(500);
  now = 1_299;
  expect(lease.valid).toBe(true);
  now = 1_300;
  expect(lease.valid).toBe(false);
});

test('a lease that ran out stays so: a renewal that is answered late does not bring it back', () => {
  now = 0;
  const lease = leaseAt(0);
  now = 900;
  lease.renewed(850);
  expect(lease.valid).toBe(false);
  expect(() => lease.check()).toThrow(expect.objectContaining({ code: 'LEASE_LOST' }));
});

test('one writer: nothing is written through the ports of a lease that ran out, and reading goes on', async () => {
  now = 0;
  const calls: string[] = [];
  const port = (...names: string[]) =>
    Object.fromEntries(names.map((name) => [name, () => Promise.resolve(calls.push(name))]));
  const writes = ['putRecords', 'putBatch', 'update', 'delete', 'increment', 'put', 'run', 'set'];
  const ports = fencedPorts(
    {
      kinesis: port('records', 'putRecords'),
      dynamo: port('get', 'putBatch', 'update', 'delete', 'increment'),
      objects: port('list', 'put', 'delete'),
      depthCache: port('run'),
      backupCache: port('get', 'set', 'run'),
    } as unknown as EnginePorts,
    leaseAt(0),
  );
  const all = () =>
    [ports.kinesis, ports.dynamo, ports.objects, ports.depthCache, ports.backupCache].flatMap((one) =>
      Object.entries(one)
        .filter(([name]) => writes.includes(name))
        .map(([, call]) => (call as () => Promise<unknown>)()),
    );
  await Promise.all(all());
  const count = calls.length;
  expect(new Set(calls)).toEqual(new Set(writes));
  now = 800;
  const outcomes = await Promise.allSettled(all());
  expect(outcomes).toHaveLength(count);
  for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'LEASE_LOST' } });
  await ports.kinesis.records('iterator', 1);
  await ports.dynamo.get('table', {});
  expect(calls.slice(count)).toEqual(['records', 'get']);
});

test('a row that stands still for the life of a lease has expired, by the clock of who looks', () => {
  const observer = new LeaseObserver(1_000);
  const row = (counter: number) => ({ shardId: 's0', owner: 'you', counter, epoch: 1 }) as LeaseRow;
  observer.observe(new Map([['s0', row(1)]]), 5_000);
  expect([observer.expired(row(1), 5_999), observer.alive(row(1), 5_999)]).toEqual([false, false]);
  observer.observe(new Map([['s0', row(2)]]), 5_900);
  expect([observer.expired(row(2), 6_899), observer.alive(row(2), 6_899)]).toEqual([false, true]);
  expect([observer.expired(row(2), 6_900), observer.alive(row(2), 6_900)]).toEqual([true, false]);
  const free = { ...row(3), owner: undefined };
  observer.observe(new Map([['s0', free]]), 7_000);
  expect(observer.alive(free, 7_000)).toBe(false);
});
