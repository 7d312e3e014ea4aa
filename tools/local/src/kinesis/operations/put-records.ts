import { assertReady, readyStreamOf, type KinesisContext, type Operation } from '../context.js';
import { internalFailure, invalidArgument, throughputExceeded } from '../errors.js';
import type { FaultPlan } from '../faults.js';
import type { Fields, JsonObject } from '../fields.js';
import { hashOfKey, MAX_HASH } from '../hash-range.js';
import { API } from '../limits.js';
import { recordBytes, type NewRecord } from '../log/shard-log.js';
import { rateExceeded } from '../names.js';
import { formatSequence } from '../sequence.js';
import type { Shard, Stream } from '../stream.js';

interface Entry extends NewRecord {
  readonly hash: bigint;
}

/** A record and its place in the request. */
interface Place {
  readonly entry: Entry;
  readonly index: number;
}

/** Where a record ended up, or why it did not. */
type Outcome = { readonly shard: Shard; readonly counter: number } | { readonly shard: Shard; readonly error: string };

const THROTTLED = 'ProvisionedThroughputExceededException';
const FAILED = 'InternalFailure';

const putRecord: Operation = async (context, fields, faults) => {
  fields.text('SequenceNumberForOrdering', { pattern: /^(?:0|([1-9]\d{0,128}))$/ });
  fields.unsupported('DryRun', false);
  const entry = readEntry(fields);
  const stream = readyStreamOf(context, fields);
  const [outcome] = await store(context, stream, [entry], faults);
  if (outcome === undefined) throw internalFailure();
  const { shard } = outcome;
  if ('counter' in outcome) {
    return { ShardId: shard.id, SequenceNumber: formatSequence(shard.sequence, outcome.counter) };
  }
  if (outcome.error === THROTTLED) throw throughputExceeded(rateExceeded(context.account, stream.name, shard.id));
  throw internalFailure();
};

const putRecords: Operation = async (context, fields, faults) => {
  fields.unsupported('DryRun', false);
  const entries = fields.structures('Records', 1, API.maxBatchRecords).map(readEntry);
  const stream = readyStreamOf(context, fields);
  const bytes = entries.reduce((sum, entry) => sum + recordBytes(entry), 0);
  if (bytes > API.maxBatchBytes) {
    throw invalidArgument(`Records total size of ${bytes} bytes exceeds the maximum of ${API.maxBatchBytes} bytes.`);
  }
  const outcomes = await store(context, stream, entries, faults);
  return {
    FailedRecordCount: outcomes.filter((outcome) => 'error' in outcome).length,
    Records: outcomes.map((outcome) => describe(context, stream, outcome)),
  };
};

function readEntry(fields: Fields): Entry {
  const partitionKey = fields.requiredText('PartitionKey', { min: 1, max: API.maxPartitionKeyChars });
  const explicit = fields.text('ExplicitHashKey', { pattern: /^(?:0|([1-9]\d{0,38}))$/ });
  const data = fields.requiredBlob('Data');
  const entry = { partitionKey, data };
  if (recordBytes(entry) > API.maxRecordBytes) {
    const shown = `java.nio.HeapByteBuffer[pos=0 lim=${data.length} cap=${data.length}]`;
    fields.reject('Data', shown, `Member must have length less than or equal to ${API.maxRecordBytes}`);
  }
  const hash = explicit === undefined || !/^\d+$/.test(explicit) ? hashOfKey(partitionKey) : BigInt(explicit);
  if (hash > MAX_HASH) {
    throw invalidArgument(
      `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${hash}`,
    );
  }
  return { ...entry, hash };
}

/** Appends what is granted, shard by shard in the order of the request, and waits until it is as durable as promised. */
async function store(
  context: KinesisContext,
  stream: Stream,
  entries: readonly Entry[],
  faults: FaultPlan,
): Promise<Outcome[]> {
  const nowMs = context.now();
  context.catalog.ensureWritten(nowMs);
  const outcomes: Outcome[] = [];
  const batches = new Map<Shard, Place[]>();
  entries.forEach((entry, index) => {
    const shard = stream.shardForHash(entry.hash);
    if (!isGranted(context, shard, entry, faults, nowMs)) {
      outcomes[index] = { shard, error: THROTTLED };
      return;
    }
    const batch = batches.get(shard);
    if (batch) batch.push({ entry, index });
    else batches.set(shard, [{ entry, index }]);
  });
  await Promise.all(
    [...batches].map(async ([shard, batch]) => {
      const stored = await append(context, shard, batch, faults, nowMs);
      batch.forEach(({ index }, position) => {
        outcomes[index] = stored[position] ?? { shard, error: FAILED };
      });
    }),
  );
  assertReady(context, stream);
  return outcomes;
}

function isGranted(context: KinesisContext, shard: Shard, entry: Entry, faults: FaultPlan, nowMs: number): boolean {
  if (faults.throttled()) return false;
  return !context.limits || shard.rates(nowMs).tryWrite(recordBytes(entry), nowMs);
}

/** @returns what became of each record; nothing where the shard's log refused them */
async function append(
  context: KinesisContext,
  shard: Shard,
  batch: readonly Place[],
  faults: FaultPlan,
  nowMs: number,
): Promise<Outcome[]> {
  try {
    const records = batch.map(({ entry }) => entry);
    if (faults.duplicate) shard.log.append(records, nowMs);
    const stored = shard.log.append(records, nowMs);
    await shard.log.synced();
    return stored.map(({ counter }) => ({ shard, counter }));
  } catch (error) {
    context.log('error', 'records could not be stored', { shard: shard.id, error: String(error) });
    return [];
  }
}

function describe(context: KinesisContext, stream: Stream, outcome: Outcome): JsonObject {
  const { shard } = outcome;
  if ('counter' in outcome) {
    return { SequenceNumber: formatSequence(shard.sequence, outcome.counter), ShardId: shard.id };
  }
  const throttled = outcome.error === THROTTLED;
  return {
    ErrorCode: outcome.error,
    ErrorMessage: throttled ? rateExceeded(context.account, stream.name, shard.id) : 'Internal Service Failure',
  };
}

export const putOperations = {
  PutRecord: putRecord,
  PutRecords: putRecords,
} satisfies Readonly<Record<string, Operation>>;
