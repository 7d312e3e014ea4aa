import { cutBatches, eventRecord, firstFailure } from './records.js';

const origin = { streamArn: 'arn', shardId: 'shardId-000000000000', region: 'local' };
const record = (n: number, bytes = 10) =>
  eventRecord({ SequenceNumber: String(n), PartitionKey: 'TEST', Data: new Uint8Array(bytes) }, origin);
const records = (count: number, bytes?: number) => Array.from({ length: count }, (_, n) => record(n, bytes));

test('batches hold as many records as asked for, in order', () => {
  const batches = cutBatches(records(7), 3);
  expect(batches.map((batch) => batch.map(({ kinesis }) => kinesis.sequenceNumber))).toEqual([
    ['0', '1', '2'],
    ['3', '4', '5'],
    ['6'],
  ]);
  expect(cutBatches([], 3)).toEqual([]);
});

test('a batch of large records stays within what Lambda takes', () => {
  const batches = cutBatches(records(10, 1024 * 1024), 100);
  expect(batches.flat()).toHaveLength(10);
  for (const batch of batches) expect(JSON.stringify({ Records: batch }).length).toBeLessThan(6_000_000);
  expect(batches.length).toBeLessThanOrEqual(4);
});

test.each([
  ['nothing', undefined, 3],
  ['null', null, 3],
  ['no failures', { batchItemFailures: [] }, 3],
  ['null failures', { batchItemFailures: null }, 3],
  ['one failure', { batchItemFailures: [{ itemIdentifier: '1' }] }, 1],
  ['the lowest of several failures', { batchItemFailures: [{ itemIdentifier: '2' }, { itemIdentifier: '1' }] }, 1],
  ['an unknown item: all failed', { batchItemFailures: [{ itemIdentifier: '9' }] }, 0],
  ['an empty item: all failed', { batchItemFailures: [{ itemIdentifier: '' }] }, 0],
  ['no list: all failed', { batchItemFailures: 'x' }, 0],
  ['a null item: all failed', { batchItemFailures: [null] }, 0],
])('an answer with %s', (_what, result, taken) => {
  expect(firstFailure(result, records(3))).toBe(taken);
});
