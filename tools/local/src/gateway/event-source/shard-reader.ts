import {
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  InvalidArgumentException,
  type GetShardIteratorCommandInput,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import { pause } from '../pause.js';
import { deliver, type DeliveryPorts } from './delivery.js';
import { SHARD_END, type Progress } from './progress.js';
import { cutBatches, eventRecord, type Origin } from './records.js';

export interface ShardPorts extends DeliveryPorts {
  kinesis: KinesisClient;
  progress: Progress;
  origin: Origin;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

/** Reads one shard from its position to its end, batch by batch; returns at the end, or when the signal aborts. */
export async function readShard(ports: ShardPorts): Promise<void> {
  const { signal, log, settings, origin, progress } = ports;
  let iterator: string | undefined;
  let retryMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    try {
      iterator ??= await openShard(ports);
      iterator = await readOnce(iterator, ports);
      if (signal.aborted) return;
      if (iterator === undefined) return await progress.advance(origin.shardId, SHARD_END);
      retryMs = FIRST_RETRY_MS;
    } catch (error) {
      if (signal.aborted) return;
      // Whatever failed, the saved position says where to go on.
      iterator = undefined;
      if (error instanceof ExpiredIteratorException) continue;
      log.warn({ err: error, source: settings.name, shard: origin.shardId }, 'a shard could not be read');
      await pause(retryMs, signal);
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    }
  }
}

/** One read and its deliveries; resolves to the next iterator, to undefined at the shard's end. */
async function readOnce(iterator: string, ports: ShardPorts): Promise<string | undefined> {
  const { kinesis, settings, origin, progress, signal } = ports;
  const request = new GetRecordsCommand({ ShardIterator: iterator, Limit: settings.batchSize });
  const { Records = [], NextShardIterator } = await kinesis.send(request, { abortSignal: signal });
  const records = Records.map((record) => eventRecord(record, origin));
  for (const batch of cutBatches(records, settings.batchSize)) {
    await deliver(batch, ports, (sequenceNumber) => progress.advance(origin.shardId, sequenceNumber));
  }
  // At the end of a shard kinesalite answers null, Kinesis nothing at all.
  const next = NextShardIterator ?? undefined;
  if (records.length === 0 && next !== undefined) await pause(settings.pollMs, signal);
  return next;
}

async function openShard({ kinesis, settings, progress, origin, signal, log }: ShardPorts): Promise<string> {
  const base = { StreamName: settings.stream, ShardId: origin.shardId };
  const position = progress.position(origin.shardId);
  try {
    return await shardIterator(kinesis, { ...base, ...startOf(settings.startingPosition, position, progress) }, signal);
  } catch (error) {
    if (position === undefined || !(error instanceof InvalidArgumentException)) throw error;
    log.error({ err: error, source: settings.name, shard: origin.shardId, position }, 'the stream lost this position');
    await progress.reset(origin.shardId);
    return shardIterator(kinesis, { ...base, ShardIteratorType: 'TRIM_HORIZON' }, signal);
  }
}

/** LATEST means "from when this source began", so that nothing is lost over a restart before the first record. */
function startOf(
  startingPosition: 'TRIM_HORIZON' | 'LATEST',
  position: string | undefined,
  progress: Progress,
): Pick<GetShardIteratorCommandInput, 'ShardIteratorType' | 'StartingSequenceNumber' | 'Timestamp'> {
  if (position !== undefined) return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: position };
  if (startingPosition === 'TRIM_HORIZON') return { ShardIteratorType: 'TRIM_HORIZON' };
  return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(progress.startedAt) };
}

async function shardIterator(kinesis: KinesisClient, input: GetShardIteratorCommandInput, signal: AbortSignal) {
  const { ShardIterator } = await kinesis.send(new GetShardIteratorCommand(input), { abortSignal: signal });
  if (ShardIterator === undefined) throw new Error(`Kinesis gave no iterator for ${input.ShardId}`);
  return ShardIterator;
}
