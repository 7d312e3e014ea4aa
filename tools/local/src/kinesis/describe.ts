import type { KinesisContext } from './context.js';
import type { JsonObject } from './fields.js';
import type { LogRecord } from './log/frame.js';
import { consumerArn, streamArn } from './names.js';
import { formatSequence } from './sequence.js';
import { shardIdOf, type Consumer, type Shard, type Stream } from './stream.js';

/** How the parts of a stream are shown in answers. Times go out as epoch seconds. */
export const seconds = (ms: number): number => ms / 1000;

const hashKeyRange = (shard: Shard): JsonObject => ({
  StartingHashKey: shard.range.start.toString(),
  EndingHashKey: shard.range.end.toString(),
});

export function describeShard(shard: Shard): JsonObject {
  const { parent, adjacentParent, closed } = shard.row;
  return {
    ShardId: shard.id,
    ...(parent !== undefined && { ParentShardId: shardIdOf(parent) }),
    ...(adjacentParent !== undefined && { AdjacentParentShardId: shardIdOf(adjacentParent) }),
    HashKeyRange: hashKeyRange(shard),
    SequenceNumberRange: {
      StartingSequenceNumber: formatSequence(shard.sequence, 0),
      ...(closed && { EndingSequenceNumber: formatSequence(shard.sequence, closed.counter) }),
    },
  };
}

/** The children of a closed shard, as GetRecords and SubscribeToShard name them at its end. */
export const describeChildren = (stream: Stream, shard: Shard): JsonObject[] =>
  stream.childrenOf(shard).map((child) => ({
    ShardId: child.id,
    ParentShards: [child.row.parent, child.row.adjacentParent].filter((index) => index !== undefined).map(shardIdOf),
    HashKeyRange: hashKeyRange(child),
  }));

export const describeRecord = (shard: Shard, record: LogRecord): JsonObject => ({
  SequenceNumber: formatSequence(shard.sequence, record.counter),
  ApproximateArrivalTimestamp: seconds(record.arrivedMs),
  Data: record.data.toString('base64'),
  PartitionKey: record.partitionKey,
});

export const describeConsumer = ({ account }: KinesisContext, stream: Stream, consumer: Consumer): JsonObject => ({
  ConsumerName: consumer.name,
  ConsumerARN: consumerArn(account, stream.name, consumer.name, consumer.createdMs),
  ConsumerStatus: 'ACTIVE',
  ConsumerCreationTimestamp: seconds(consumer.createdMs),
});

/** What DescribeStream, DescribeStreamSummary and ListStreams have in common. */
export const describeStreamHead = ({ account, now }: KinesisContext, stream: Stream): JsonObject => ({
  StreamName: stream.name,
  StreamARN: streamArn(account, stream.name),
  StreamStatus: stream.status(now()),
  StreamModeDetails: { StreamMode: stream.row.mode },
  StreamCreationTimestamp: seconds(stream.row.createdMs),
});
