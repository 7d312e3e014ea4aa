import { existsSync, readFileSync } from 'node:fs';
import {
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  PutRecordCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import { benchOf, closeAll, ownServer } from './support/in-process.js';
import { newFolder, removeBundle, startOwnChild, type OwnChild } from './support/own-server.js';

let child: OwnChild | undefined;

afterEach(async () => {
  await child?.kill();
  child = undefined;
  await closeAll();
});
afterAll(removeBundle);

const percentile = (times: readonly number[], part: number): string =>
  ([...times].sort((a, b) => a - b)[Math.floor(times.length * part)] ?? 0).toFixed(1);

/** Processor time of a process so far, where the system tells (Linux): it does not depend on who else is working. */
function cpuMs(pid: number | undefined): number {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return Number.NaN;
  const fields = readFileSync(stat, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const tickMs = 10;
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

async function timed<T>(times: number[], run: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await run();
  times.push(performance.now() - began);
  return result;
}

test('20,000 records held: writes and reads, printed and not asserted', async () => {
  const dataDir = newFolder();
  child = await startOwnChild(['--data', dataDir]);
  const bench = benchOf(child.endpoint);
  const StreamName = await bench.stream();
  const [early, late, single, reads]: number[][] = [[], [], [], []];
  const data = Buffer.alloc(200, 'x');
  const { pid } = child.process;
  const cpuAtStart = cpuMs(pid);
  for (let batch = 0; batch < 40; batch++) {
    const Records = Array.from({ length: 500 }, (_, index) => ({ PartitionKey: `${batch}-${index}`, Data: data }));
    const answer = await timed((batch < 10 ? early : late) ?? [], () =>
      bench.client.send(new PutRecordsCommand({ StreamName, Records })),
    );
    expect(answer.FailedRecordCount).toBe(0);
  }
  const cpuAfterBatches = cpuMs(pid);
  for (let index = 0; index < 100; index++) {
    await timed(single ?? [], () =>
      bench.client.send(new PutRecordCommand({ StreamName, PartitionKey: 'k', Data: data })),
    );
  }
  const cpuAfterSingles = cpuMs(pid);
  let ShardIterator: string | undefined = await bench.iterator({ StreamName, ShardIteratorType: 'TRIM_HORIZON' });
  let held = 0;
  for (let tip = false; !tip;) {
    const iterator: string | undefined = ShardIterator;
    const answer: GetRecordsCommandOutput = await timed(reads ?? [], () =>
      bench.client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 1000 })),
    );
    held += answer.Records?.length ?? 0;
    tip = answer.MillisBehindLatest === 0;
    ShardIterator = answer.NextShardIterator;
  }
  expect(held).toBe(20_100);
  const cpu = (from: number, to: number, calls: number): string => ((to - from) / calls).toFixed(1);
  process.stdout.write(
    `20,000 records of 200 bytes held (client's time included):\n` +
      `  PutRecords(500) p50 ${percentile(early ?? [], 0.5)} ms for the first 5,000, ${percentile(late ?? [], 0.5)} ms afterwards\n` +
      `  PutRecord p50 ${percentile(single ?? [], 0.5)} ms, p99 ${percentile(single ?? [], 0.99)} ms\n` +
      `  GetRecords(1000) p50 ${percentile(reads ?? [], 0.5)} ms\n` +
      `  the server's processor time: PutRecords(500) ${cpu(cpuAtStart, cpuAfterBatches, 40)} ms, PutRecord ` +
      `${cpu(cpuAfterBatches, cpuAfterSingles, 100)} ms, GetRecords(1000) ${cpu(cpuAfterSingles, cpuMs(pid), reads?.length ?? 0)} ms\n`,
  );
  await child.kill();
  const began = performance.now();
  child = await startOwnChild(['--data', dataDir]);
  process.stdout.write(`  started again on them in ${(performance.now() - began).toFixed(0)} ms\n`);
});

test('an answer holds 10 MiB at most, read back from the files', async () => {
  const bench = benchOf((await ownServer({ recentBytes: 64 * 1024, segmentBytes: 1024 * 1024 })).endpoint);
  const StreamName = await bench.stream();
  for (let batch = 0; batch < 3; batch++) {
    const Records = Array.from({ length: 5 }, (_, index) => ({
      PartitionKey: 'k',
      Data: Buffer.alloc(900_000, `${batch}-${index} `),
    }));
    await bench.client.send(new PutRecordsCommand({ StreamName, Records }));
  }
  const ShardIterator = await bench.iterator({ StreamName, ShardIteratorType: 'TRIM_HORIZON' });
  const first = await bench.client.send(new GetRecordsCommand({ ShardIterator }));
  const rest = await bench.client.send(new GetRecordsCommand({ ShardIterator: first.NextShardIterator }));
  const starts = [...(first.Records ?? []), ...(rest.Records ?? [])].map((record) =>
    Buffer.from(record.Data?.subarray(0, 4) ?? []).toString(),
  );
  expect(first.Records).toHaveLength(11);
  expect(first.MillisBehindLatest).toBeGreaterThan(0);
  expect(starts).toEqual(Array.from({ length: 15 }, (_, index) => `${Math.floor(index / 5)}-${index % 5} `));
});
