import { decodeEvents, MAX_EVENT_RECORD_BYTES, type OrderStatusEvent, type StatusSource } from '@supernoba/protocol';
import { gunzipSync } from 'node:zlib';
import { systemClock, systemTimers } from '../adapters/system.js';
import { Lifetime, type BackoffPorts } from '../backoff.js';
import { BatchOutput } from '../matching/output.js';
import { PortError, type KinesisPort, type StreamRecord } from '../ports.js';
import { orderStatusStream } from './order-status.js';

const quiet = () => undefined;
const ports: BackoffPorts = {
  clock: systemClock,
  timers: systemTimers,
  random: { next: () => 0.1 },
  logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  metrics: { count: quiet, gauge: quiet, observe: quiet },
};

type PutRecords = KinesisPort['putRecords'];

/** A stream that the test answers for; the other calls of Kinesis are not made by a publisher. */
function streamOn(putRecords: PutRecords, life = new Lifetime()) {
  return orderStatusStream('statuses', { putRecords } as KinesisPort, ports, life);
}

/** @param events `seq` of statuses by symbol, or what they weigh at least, bytes */
function batchOf(events: Record<string, number[]>, pad = 0): BatchOutput {
  const batch = new BatchOutput();
  for (const [symbol, seqs] of Object.entries(events)) {
    for (const seq of seqs) batch.of(symbol).statuses.addStatus(change(seq, pad));
  }
  return batch;
}

function change(seq: number, pad: number): StatusSource {
  const figures = { timestamp: 1, price: 1, quantity: 1, filled: 0, open: 1 };
  const order = { orderId: 'a'.repeat(1 + pad), userId: 'u', isBuy: true, orderType: 'LIMIT', requestId: '' } as const;
  return { seq, n: seq, status: 'ACCEPTED', reason: '', ...order, ...figures };
}

function seqsOf({ data }: StreamRecord): number[] {
  return decodeEvents(data, (bytes) => gunzipSync(bytes)).map((event) => (event as OrderStatusEvent).seq);
}

test('a symbol has at most one unacknowledged record; what comes meanwhile travels together in the next', async () => {
  const calls: { records: readonly StreamRecord[]; answer: (codes: undefined[]) => void }[] = [];
  const stream = streamOn((_stream, records) => new Promise((answer) => calls.push({ records, answer })));
  const done = [1, 2, 3].map((seq) => stream.publish(batchOf({ A: [seq] })));
  const other = stream.publish(batchOf({ B: [1] }));
  expect(calls.map(({ records }) => records.map(({ partitionKey }) => partitionKey))).toEqual([['A'], ['B']]);
  calls[1]!.answer([undefined]);
  await other;
  calls[0]!.answer([undefined]);
  await done[0];
  await systemTimers.breathe();
  expect(calls[2]!.records.map(seqsOf)).toEqual([[2, 3]]);
  calls[2]!.answer([undefined]);
  await Promise.all(done);
});

test('a single event is an object, several are an array, more than 4 KB are gzip', async () => {
  const seen: StreamRecord[] = [];
  const stream = streamOn((_stream, records) => {
    seen.push(...records);
    return Promise.resolve(records.map(() => undefined));
  });
  await stream.publish(batchOf({ A: [1], B: [1, 2] }));
  await stream.publish(batchOf({ C: [1] }, 5_000));
  expect(seen.map(({ data }) => String.fromCharCode(data[0]!))).toEqual(['{', '[', '\x1f']);
  expect(seen.map(seqsOf)).toEqual([[1], [1, 2], [1]]);
});

test('records are split at 512 KiB of JSON, in order, and the batch is done when the last is', async () => {
  const sizes: number[] = [];
  const seqs: number[] = [];
  const stream = streamOn((_stream, records) => {
    for (const record of records) {
      sizes.push(gunzipSync(record.data).byteLength);
      seqs.push(...seqsOf(record));
    }
    return Promise.resolve(records.map(() => undefined));
  });
  await stream.publish(batchOf({ A: Array.from({ length: 300 }, (_, i) => i + 1) }, 10_000));
  expect(seqs).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
  expect(sizes.length).toBeGreaterThanOrEqual(6);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_EVENT_RECORD_BYTES);
});

test('records that failed go again alone, after the others went on', async () => {
  const calls: string[][] = [];
  let failures = 2;
  const stream = streamOn((_stream, records) => {
    calls.push(records.map((record) => `${record.partitionKey}${seqsOf(record).join()}`));
    return Promise.resolve(
      records.map(({ partitionKey }) => (partitionKey === 'B' && failures-- > 0 ? 'InternalFailure' : undefined)),
    );
  });
  const first = stream.publish(batchOf({ A: [1], B: [1] }));
  const second = stream.publish(batchOf({ A: [2], B: [2] }));
  await Promise.all([first, second]);
  expect(calls).toEqual([['A1', 'B1'], ['A2'], ['B1'], ['B1'], ['B2']]);
});

test('what no retry can mend ends the batch with its error', async () => {
  const stream = streamOn(() => Promise.reject(new PortError('INVALID', 'record too large')));
  await expect(stream.publish(batchOf({ A: [1] }))).rejects.toMatchObject({ code: 'INVALID' });
});

test('a batch without events for the stream is done at once', async () => {
  await streamOn(() => Promise.reject(new Error('not called'))).publish(batchOf({ A: [] }));
});
