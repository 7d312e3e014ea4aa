import type { _Record as StreamRecord } from '@aws-sdk/client-kinesis';

export interface Origin {
  streamArn: string;
  shardId: string;
  region: string;
}

/** One of the `Records` of a Kinesis event. */
export function eventRecord(record: StreamRecord, { streamArn, shardId, region }: Origin) {
  const sequenceNumber = record.SequenceNumber ?? '';
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: record.PartitionKey ?? '',
      sequenceNumber,
      data: Buffer.from(record.Data ?? []).toString('base64'),
      approximateArrivalTimestamp: (record.ApproximateArrivalTimestamp?.getTime() ?? 0) / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shardId}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/local',
    awsRegion: region,
    eventSourceARN: streamArn,
  };
}

export type EventRecord = ReturnType<typeof eventRecord>;

/** Lambda takes 6 MB of JSON; the rest is room for the envelope. */
const MAX_EVENT_BYTES = 5_500_000;
/** JSON around the data of one record, about. */
const RECORD_BYTES = 700;

/** Cuts records into events of at most `batchSize`, each small enough for Lambda. The order stays. */
export function cutBatches(records: readonly EventRecord[], batchSize: number): EventRecord[][] {
  const batches: EventRecord[][] = [];
  let batch: EventRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = record.kinesis.data.length + RECORD_BYTES;
    if (batch.length > 0 && (batch.length >= batchSize || bytes + size > MAX_EVENT_BYTES)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(record);
    bytes += size;
  }
  return batch.length > 0 ? [...batches, batch] : batches;
}

/**
 * Where to go on after an answer of a Lambda that reports failed items: the index of the first failed record, the
 * number of records when all succeeded, 0 when the answer makes no sense, as Lambda has it.
 */
export function firstFailure(result: unknown, batch: readonly EventRecord[]): number {
  const failures = (result as { batchItemFailures?: unknown } | null)?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return 0;
  let first = batch.length;
  for (const failure of failures as unknown[]) {
    const id = (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier;
    const at = batch.findIndex((record) => record.kinesis.sequenceNumber === id);
    if (at === -1) return 0;
    first = Math.min(first, at);
  }
  return first;
}
