import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import type { LogRecord } from './frame.js';
import { recordBytes, ShardLog, type LogOptions } from './shard-log.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'shard-log-'));
  folders.push(folder);
  return folder;
}

/** A record as one short text: comparing buffers byte by byte takes seconds. */
const show = (key: string, data: Buffer): string => `${key} ${data.length} ${crc32(data)}`;
const line = (record: LogRecord): string =>
  `${record.counter} ${record.arrivedMs} ${show(record.partitionKey, record.data)}`;

/** Small bounds, so that a few dozen records cross files and fall out of memory. */
const OPTIONS: LogOptions = { fsync: false, segmentBytes: 2000, segmentMs: 100_000, recentBytes: 1500 };

const failOnTorn = (): never => {
  throw new Error('no tail is torn here');
};

type Step =
  | { readonly do: 'append'; readonly sizes: readonly number[] }
  | { readonly do: 'read'; readonly from: number; readonly max: number; readonly bytes: number }
  | { readonly do: 'time'; readonly back: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'trim'; readonly age: number }
  | { readonly do: 'reopen' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('append' as const),
        sizes: fc.array(fc.nat(900), { minLength: 1, maxLength: 12 }),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('read' as const),
        from: fc.double({ min: 0, max: 1, noNaN: true }),
        max: fc.integer({ min: 1, max: 40 }),
        bytes: fc.integer({ min: 1, max: 4000 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('time' as const), back: fc.nat(30_000) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: -50, max: 9000 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const), age: fc.nat(30_000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
  ),
  { maxLength: 60 },
);

/** What the log should hold: a plain list. Trimming may keep more than it must, never less. */
class Model {
  readonly records: LogRecord[] = [];
  keptFrom = 0;

  expected(from: number, maxRecords: number, maxBytes: number): LogRecord[] {
    const found: LogRecord[] = [];
    let bytes = 0;
    for (const record of this.records) {
      if (record.counter < Math.max(from, this.keptFrom)) continue;
      bytes += recordBytes(record);
      if (found.length === maxRecords || (found.length > 0 && bytes > maxBytes)) break;
      found.push(record);
    }
    return found;
  }
}

test('any mix of appends, reads, trims and restarts agrees with a plain list', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const dir = newFolder();
      let log = ShardLog.open(dir, OPTIONS, failOnTorn);
      const model = new Model();
      let nowMs = 1_700_000_000_000;
      let count = 0;
      for (const step of plan) {
        if (step.do === 'wait') nowMs += step.ms;
        else if (step.do === 'append') {
          const batch = step.sizes.map((size) => ({ partitionKey: `키${count++}`, data: Buffer.alloc(size, count) }));
          const stored = log.append(batch, nowMs);
          expect(stored.map(({ partitionKey, data }) => show(partitionKey, data))).toEqual(
            batch.map(({ partitionKey, data }) => show(partitionKey, data)),
          );
          model.records.push(...stored);
        } else if (step.do === 'read') {
          const pick = model.records[Math.floor(step.from * model.records.length)]?.counter ?? 0;
          const { records, nextArrivedMs } = log.read(pick, step.max, step.bytes);
          const expected = model.expected(pick, step.max, step.bytes);
          expect(records.map(line)).toEqual(expected.map(line));
          const next = model.expected((expected.at(-1)?.counter ?? pick - 1) + 1, 1, 1)[0];
          expect(nextArrivedMs).toBe(next?.arrivedMs);
        } else if (step.do === 'time') {
          const timeMs = nowMs - step.back;
          const first = model.records.find(
            ({ arrivedMs, counter }) => arrivedMs >= timeMs && counter >= model.keptFrom,
          );
          expect(log.counterAtTime(timeMs)).toBe(first?.counter ?? log.lastCounter + 1);
        } else if (step.do === 'trim') {
          const cutoffMs = nowMs - step.age;
          log.trim(cutoffMs, nowMs);
          model.keptFrom = log.read(0, 1, 1).records[0]?.counter ?? Number.MAX_SAFE_INTEGER;
          const lost = model.records.filter(
            ({ counter, arrivedMs }) => counter < model.keptFrom && arrivedMs >= cutoffMs,
          );
          expect(lost).toEqual([]);
          if (model.keptFrom === Number.MAX_SAFE_INTEGER) model.keptFrom = log.lastCounter + 1;
        } else {
          const last = log.lastCounter;
          await log.close();
          log = ShardLog.open(dir, OPTIONS, failOnTorn);
          expect(log.lastCounter).toBe(last);
        }
      }
      const numbers = model.records.map(({ counter }) => counter);
      expect(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0))).toBe(true);
      await log.close();
    }),
    { numRuns: 100 },
  );
});

test('a record larger than one read of the file comes back whole', async () => {
  const dir = newFolder();
  const log = ShardLog.open(dir, { ...OPTIONS, segmentBytes: 10_000_000, recentBytes: 0 }, failOnTorn);
  const sizes = [10, 1024 * 1024, 0, 70_000, 65_500, 1024 * 1000, 3];
  const stored = sizes.flatMap((size, index) =>
    log.append([{ partitionKey: 'k', data: Buffer.alloc(size, index) }], index),
  );
  expect(log.read(0, 100, 100_000_000).records.map(line)).toEqual(stored.map(line));
  await log.close();
});

test('with fsync, callers that wait at the same time share a flush', async () => {
  const log = ShardLog.open(newFolder(), { ...OPTIONS, fsync: true }, failOnTorn);
  const waits = Array.from({ length: 50 }, (_, index) => {
    log.append([{ partitionKey: 'k', data: Buffer.alloc(400, index) }], index);
    return log.synced();
  });
  await Promise.all(waits);
  expect(new Set(waits).size).toBeLessThan(50);
  expect(log.read(0, 100, 1_000_000).records).toHaveLength(50);
  await log.close();
});
