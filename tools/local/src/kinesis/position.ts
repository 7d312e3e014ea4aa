import type { KinesisContext } from './context.js';
import { invalidArgument } from './errors.js';
import { formatSequence, parseSequence } from './sequence.js';
import { shardIdOf, type Shard, type Stream } from './stream.js';

export const POSITION_TYPES = [
  'AT_SEQUENCE_NUMBER',
  'AFTER_SEQUENCE_NUMBER',
  'TRIM_HORIZON',
  'LATEST',
  'AT_TIMESTAMP',
] as const;

/** Where a reader wants to begin, as GetShardIterator and SubscribeToShard name it. */
export interface StartingPosition {
  readonly type: string;
  readonly sequenceNumber?: string | undefined;
  readonly timeMs?: number | undefined;
}

/**
 * The lowest counter that the reader wants to see.
 * @throws KinesisError (InvalidArgumentException) when the parts do not fit together or belong to another shard
 */
export function resolvePosition(
  context: KinesisContext,
  stream: Stream,
  shard: Shard,
  { type, sequenceNumber, timeMs }: StartingPosition,
): number {
  const bySequence = type === 'AT_SEQUENCE_NUMBER' || type === 'AFTER_SEQUENCE_NUMBER';
  if (bySequence !== (sequenceNumber !== undefined)) {
    throw invalidArgument(
      'Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) ' +
        `TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} and ` +
        `${sequenceNumber === undefined ? 'no' : 'also a'} StartingSequenceNumber.`,
    );
  }
  switch (type) {
    case 'TRIM_HORIZON':
      return 0;
    case 'LATEST':
      return shard.log.lastCounter + 1;
    case 'AT_TIMESTAMP':
      return positionAtTime(context, shard, timeMs);
    default: {
      const counter = counterOf(context, stream, shard, sequenceNumber ?? '');
      return type === 'AT_SEQUENCE_NUMBER' ? counter : counter + 1;
    }
  }
}

function positionAtTime(context: KinesisContext, shard: Shard, timeMs: number | undefined): number {
  if (timeMs === undefined) {
    throw invalidArgument(
      'Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.',
    );
  }
  const nowMs = context.now();
  if (timeMs > nowMs) {
    throw invalidArgument(
      'The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. ' +
        `timestampInMillis: ${timeMs}, currentTimestampInMillis: ${nowMs}`,
    );
  }
  return shard.log.counterAtTime(timeMs);
}

function counterOf(context: KinesisContext, stream: Stream, shard: Shard, text: string): number {
  const parsed = parseSequence(text);
  const where =
    `StartingSequenceNumber ${text} used in GetShardIterator on shard ${shard.id} in stream ${stream.name} ` +
    `under account ${context.account.accountId} is invalid`;
  if (parsed === undefined) throw invalidArgument(`${where}.`);
  if (parsed.shardIndex !== shard.sequence.shardIndex) {
    throw invalidArgument(
      `Invalid StartingSequenceNumber. It encodes ${shardIdOf(parsed.shardIndex)}, while it was used in a call to a ` +
        `shard with ${shard.id}`,
    );
  }
  if (parsed.second !== shard.sequence.second) {
    throw invalidArgument(`${where} because it did not come from this stream.`);
  }
  const { closed } = shard.row;
  if (closed !== undefined && parsed.counter > closed.counter) {
    throw invalidArgument(
      `${where} because it is past the end of the shard, ${formatSequence(shard.sequence, closed.counter)}.`,
    );
  }
  return parsed.counter;
}
