import {
  activeStreamOf,
  NAME_RULE,
  scalableStreamOf,
  streamOf,
  type KinesisContext,
  type Operation,
} from '../context.js';
import { describeShard, describeStreamHead } from '../describe.js';
import { invalidArgument, limitExceeded, resourceInUse, validation } from '../errors.js';
import type { Fields, JsonObject } from '../fields.js';
import { API } from '../limits.js';
import { streamArn } from '../names.js';
import { scaleUniformly } from '../reshard.js';
import type { Stream, StreamMode } from '../stream.js';
import { openPageToken, pageToken } from './paging.js';

const ON_DEMAND_SHARDS = 4;

const createStream: Operation = (context, fields) => {
  const name = fields.requiredText('StreamName', NAME_RULE);
  const mode = modeOf(fields);
  const given = fields.integer('ShardCount', { min: 1, max: 100_000 });
  for (const member of ['Tags', 'WarmThroughputMiBps']) fields.unsupported(member);
  fields.unsupported('MaxRecordSizeInKiB', API.maxRecordBytes / 1024);
  fields.unsupported('RecordDistributionStrategy', 'USER_PARTITION_KEY');
  if (mode === 'PROVISIONED' && given === undefined) fields.requiredInteger('ShardCount');
  fields.check();
  if (mode === 'ON_DEMAND' && given !== undefined) {
    throw validation('ShardCount must not be given for a stream in the ON_DEMAND mode.');
  }
  const nowMs = context.now();
  if (context.catalog.get(name, nowMs) !== undefined) {
    throw resourceInUse(`Stream ${name} under account ${context.account.accountId} already exists.`);
  }
  const shardCount = given ?? ON_DEMAND_SHARDS;
  assertShardLimit(context, shardCount);
  context.catalog.create(name, mode, shardCount, nowMs);
  return undefined;
};

function modeOf(fields: Fields): StreamMode {
  const mode = fields
    .structure('StreamModeDetails')
    ?.requiredText('StreamMode', { oneOf: ['PROVISIONED', 'ON_DEMAND'] });
  return mode === 'ON_DEMAND' ? 'ON_DEMAND' : 'PROVISIONED';
}

/** @throws KinesisError (LimitExceededException) when `additional` open shards would be too many */
export function assertShardLimit(context: KinesisContext, additional: number): void {
  const { accountId, region } = context.account;
  const count = context.catalog.list(context.now()).reduce((sum, stream) => sum + stream.openShards.length, 0);
  if (count + additional <= context.shardLimit) return;
  throw limitExceeded(
    `This request would exceed the shard limit for the account ${accountId} in ${region}. Current shard count for the ` +
      `account: ${count}. Limit: ${context.shardLimit}. Number of additional shards that would have resulted from this ` +
      `request: ${additional}.`,
  );
}

const deleteStream: Operation = async (context, fields) => {
  const enforce = fields.boolean('EnforceConsumerDeletion') ?? false;
  const stream = streamOf(context, fields);
  const nowMs = context.now();
  if (stream.status(nowMs) === 'DELETING') return undefined;
  if (stream.row.consumers.length > 0 && !enforce) {
    throw resourceInUse(
      `Stream ${stream.name} under account ${context.account.accountId} has enhanced fan-out consumers registered. ` +
        'Set EnforceConsumerDeletion to delete it with them.',
    );
  }
  context.subscriptions.endOfStream(stream);
  await context.catalog.delete(stream, nowMs);
  return undefined;
};

const describeStream: Operation = (context, fields) => {
  const limit = fields.integer('Limit', { min: 1, max: 10_000 }) ?? 100;
  const after = fields.text('ExclusiveStartShardId', NAME_RULE);
  const stream = streamOf(context, fields);
  const shards = shownShards(context, stream).filter((shard) => after === undefined || shard.id > after);
  return {
    StreamDescription: {
      ...describeStreamHead(context, stream),
      Shards: shards.slice(0, limit).map(describeShard),
      HasMoreShards: shards.length > limit,
      ...describeRetention(stream),
    },
  };
};

const describeStreamSummary: Operation = (context, fields) => {
  const stream = streamOf(context, fields);
  return {
    StreamDescriptionSummary: {
      ...describeStreamHead(context, stream),
      ...describeRetention(stream),
      OpenShardCount: stream.openShards.length,
      ConsumerCount: stream.row.consumers.length,
    },
  };
};

const describeRetention = (stream: Stream): JsonObject => ({
  RetentionPeriodHours: stream.row.retentionHours,
  EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
  EncryptionType: 'NONE',
});

/** A stream in the state CREATING or DELETING shows no shards. */
function shownShards(context: KinesisContext, stream: Stream): readonly Stream['shards'][number][] {
  const status = stream.status(context.now());
  return status === 'CREATING' || status === 'DELETING' ? [] : stream.shards;
}

const listStreams: Operation = (context, fields) => {
  const limit = fields.integer('Limit', { min: 1, max: 10_000 }) ?? 100;
  const token = fields.text('NextToken', { min: 1, max: 1_048_576 });
  const start = fields.text('ExclusiveStartStreamName', NAME_RULE);
  fields.check();
  const [after] = token === undefined ? [start] : openPageToken(context, 'streams', token);
  const streams = context.catalog.list(context.now()).filter(({ name }) => after === undefined || name > after);
  const page = streams.slice(0, limit);
  const last = page.at(-1);
  return {
    StreamNames: page.map(({ name }) => name),
    HasMoreStreams: streams.length > limit,
    StreamSummaries: page.map((stream) => describeStreamHead(context, stream)),
    ...(streams.length > limit && last && { NextToken: pageToken(context, 'streams', [last.name]) }),
  };
};

const updateShardCount: Operation = (context, fields) => {
  const target = fields.requiredInteger('TargetShardCount', { min: 1 });
  fields.requiredText('ScalingType', { oneOf: ['UNIFORM_SCALING'] });
  const stream = scalableStreamOf(context, fields, 'UpdateShardCount');
  const current = stream.openShards.length;
  const counts = `Current open shard count: ${current} Target shard count: ${target}`;
  if (target > current * 2) {
    throw invalidArgument(`UpdateShardCount cannot scale up over double your current open shard count. ${counts}`);
  }
  if (target * 2 < current) {
    throw invalidArgument(`UpdateShardCount cannot scale down below half your current open shard count. ${counts}`);
  }
  assertShardLimit(context, target - current);
  const nowMs = context.now();
  scaleUniformly(stream, target, nowMs);
  context.catalog.changed(stream, 'UPDATING', nowMs);
  context.subscriptions.wake(stream);
  return {
    StreamName: stream.name,
    CurrentShardCount: current,
    TargetShardCount: target,
    StreamARN: streamArn(context.account, stream.name),
  };
};

const changeRetention =
  (direction: 'Increase' | 'Decrease'): Operation =>
  async (context, fields) => {
    const hours = fields.requiredInteger('RetentionPeriodHours');
    const stream = activeStreamOf(context, fields);
    const { retentionHours: current } = stream.row;
    if (hours < API.minRetentionHours) {
      throw invalidArgument(
        `Minimum allowed retention period is ${API.minRetentionHours} hours. Requested retention period (${hours} hours) is too short.`,
      );
    }
    if (hours > API.maxRetentionHours) {
      throw invalidArgument(
        `Maximum allowed retention period is ${API.maxRetentionHours} hours. Requested retention period (${hours} hours) is too long.`,
      );
    }
    if (direction === 'Increase' ? hours < current : hours > current) {
      const [word, opposite] = direction === 'Increase' ? ['shorter', 'Decrease'] : ['longer', 'Increase'];
      throw invalidArgument(
        `Requested retention period (${hours} hours) for stream ${stream.name} can not be ${word} than existing ` +
          `retention period (${current} hours). Use ${opposite}RetentionPeriod API.`,
      );
    }
    stream.row.retentionHours = hours;
    context.catalog.changed(stream, undefined, context.now());
    if (direction === 'Decrease') await context.catalog.trim(context.now());
    return undefined;
  };

export const streamOperations = {
  CreateStream: createStream,
  DeleteStream: deleteStream,
  DescribeStream: describeStream,
  DescribeStreamSummary: describeStreamSummary,
  ListStreams: listStreams,
  UpdateShardCount: updateShardCount,
  IncreaseStreamRetentionPeriod: changeRetention('Increase'),
  DecreaseStreamRetentionPeriod: changeRetention('Decrease'),
} satisfies Readonly<Record<string, Operation>>;
