import {
  scalableStreamOf,
  SHARD_ID_RULE,
  shardOf,
  streamNamed,
  streamOf,
  type KinesisContext,
  type Operation,
} from '../context.js';
import { describeShard } from '../describe.js';
import { invalidArgument, notFound, resourceInUse } from '../errors.js';
import type { Fields } from '../fields.js';
import { MAX_HASH } from '../hash-range.js';
import { mergeShards, splitShard } from '../reshard.js';
import type { Shard, Stream } from '../stream.js';
import { openPageToken, pageToken } from './paging.js';
import { assertShardLimit } from './streams.js';

const HASH_KEY_RULE = { pattern: /^(?:0|([1-9]\d{0,38}))$/ } as const;
const FILTERS = [
  'AFTER_SHARD_ID',
  'AT_TRIM_HORIZON',
  'FROM_TRIM_HORIZON',
  'AT_LATEST',
  'AT_TIMESTAMP',
  'FROM_TIMESTAMP',
] as const;
type FilterType = (typeof FILTERS)[number];
const HOUR_MS = 3_600_000;

interface ShardFilter {
  readonly type: FilterType;
  readonly shardId?: string | undefined;
  readonly timeMs?: number | undefined;
}

/** Which shards to show, and after which one: what a page token repeats. */
interface Listing {
  readonly stream: Stream;
  readonly filter: ShardFilter;
  readonly after: string | undefined;
}

const listShards: Operation = (context, fields) => {
  const limit = fields.integer('MaxResults', { min: 1, max: 10_000 }) ?? 1000;
  const token = fields.text('NextToken', { min: 1, max: 1_048_576 });
  const listing = token === undefined ? firstListing(context, fields) : nextListing(context, fields, token);
  const { stream, filter, after } = listing;
  const status = stream.status(context.now());
  if (status === 'CREATING' || status === 'DELETING') {
    throw resourceInUse(
      `Stream ${stream.name} under account ${context.account.accountId} not ACTIVE, instead in state ${status}`,
    );
  }
  const shown = stream.shards.filter(
    (shard) => matches(context, stream, shard, filter) && (after === undefined || shard.id > after),
  );
  const page = shown.slice(0, limit);
  const last = page.at(-1);
  const parts = [stream.name, stream.row.id, JSON.stringify(filter), last?.id ?? ''];
  return {
    Shards: page.map(describeShard),
    ...(shown.length > limit && { NextToken: pageToken(context, 'shards', parts) }),
  };
};

function firstListing(context: KinesisContext, fields: Fields): Listing {
  const after = fields.text('ExclusiveStartShardId', SHARD_ID_RULE);
  const createdMs = fields.timeMs('StreamCreationTimestamp');
  const filterFields = fields.structure('ShardFilter');
  const type = filterFields?.requiredText('Type', { oneOf: FILTERS });
  const shardId = filterFields?.text('ShardId', SHARD_ID_RULE);
  const timeMs = filterFields?.timeMs('Timestamp');
  const stream = streamOf(context, fields);
  if (createdMs !== undefined && Math.floor(createdMs / 1000) !== Math.floor(stream.row.createdMs / 1000)) {
    throw notFound(`Stream ${stream.name} with that StreamCreationTimestamp not found.`);
  }
  const filter = { type: FILTERS.find((known) => known === type) ?? 'FROM_TRIM_HORIZON', shardId, timeMs };
  checkFilter(filter);
  return { stream, filter, after };
}

function nextListing(context: KinesisContext, fields: Fields, token: string): Listing {
  for (const member of ['StreamName', 'StreamARN', 'ExclusiveStartShardId']) {
    if (fields.text(member) !== undefined) {
      throw invalidArgument(`NextToken and ${member} cannot be provided together.`);
    }
  }
  fields.check();
  const [name = '', id, filter = '', after] = openPageToken(context, 'shards', token);
  const stream = streamNamed(context, name);
  if (stream.row.id !== id) throw invalidArgument('NextToken is invalid: its stream was deleted.');
  return { stream, filter: JSON.parse(filter) as ShardFilter, after };
}

function checkFilter({ type, shardId, timeMs }: ShardFilter): void {
  const wantsShard = type === 'AFTER_SHARD_ID';
  if (wantsShard !== (shardId !== undefined)) {
    throw invalidArgument(`ShardFilter.ShardId ${wantsShard ? 'must' : 'cannot'} be given with the type ${type}.`);
  }
  const wantsTime = type === 'AT_TIMESTAMP' || type === 'FROM_TIMESTAMP';
  if (wantsTime !== (timeMs !== undefined)) {
    throw invalidArgument(`ShardFilter.Timestamp ${wantsTime ? 'must' : 'cannot'} be given with the type ${type}.`);
  }
}

function matches(context: KinesisContext, stream: Stream, shard: Shard, filter: ShardFilter): boolean {
  const { createdMs, closed } = shard.row;
  const horizonMs = Math.max(stream.row.createdMs, context.now() - stream.row.retentionHours * HOUR_MS);
  switch (filter.type) {
    case 'AFTER_SHARD_ID':
      return shard.id > (filter.shardId ?? '');
    case 'AT_LATEST':
      return shard.open;
    case 'FROM_TRIM_HORIZON':
      return closed === undefined || closed.atMs >= horizonMs;
    case 'AT_TRIM_HORIZON':
      return createdMs <= horizonMs && (closed === undefined || closed.atMs > horizonMs);
    case 'AT_TIMESTAMP':
      return createdMs <= (filter.timeMs ?? 0) && (closed === undefined || closed.atMs >= (filter.timeMs ?? 0));
    case 'FROM_TIMESTAMP':
      return closed === undefined || closed.atMs >= Math.max(horizonMs, filter.timeMs ?? 0);
    default:
      throw invalidArgument(`ShardFilter.Type ${String(filter.type)} is unknown.`);
  }
}

const split: Operation = (context, fields) => {
  const shardId = fields.requiredText('ShardToSplit', SHARD_ID_RULE);
  const at = fields.requiredText('NewStartingHashKey', HASH_KEY_RULE);
  const stream = scalableStreamOf(context, fields, 'SplitShard');
  const shard = openShardOf(context, stream, shardId);
  const border = BigInt(at);
  if (border <= shard.range.start + 1n || border >= shard.range.end || border > MAX_HASH) {
    throw invalidArgument(
      `NewStartingHashKey ${at} used in SplitShard() on shard ${shard.id} in stream ${stream.name} under account ` +
        `${context.account.accountId} is not both greater than one plus the shard's StartingHashKey ` +
        `${shard.range.start} and less than the shard's EndingHashKey ${shard.range.end}.`,
    );
  }
  assertShardLimit(context, 1);
  splitShard(stream, shard, border, context.now());
  return finishReshard(context, stream);
};

const merge: Operation = (context, fields) => {
  const shardId = fields.requiredText('ShardToMerge', SHARD_ID_RULE);
  const adjacentId = fields.requiredText('AdjacentShardToMerge', SHARD_ID_RULE);
  const stream = scalableStreamOf(context, fields, 'MergeShards');
  const shard = openShardOf(context, stream, shardId);
  const adjacent = openShardOf(context, stream, adjacentId);
  if (shard.range.end + 1n !== adjacent.range.start && adjacent.range.end + 1n !== shard.range.start) {
    throw invalidArgument(
      `Shards ${shard.id} and ${adjacent.id} in stream ${stream.name} under account ${context.account.accountId} ` +
        'are not an adjacent pair of shards eligible for merging',
    );
  }
  mergeShards(stream, shard, adjacent, context.now());
  return finishReshard(context, stream);
};

function openShardOf(context: KinesisContext, stream: Stream, shardId: string): Shard {
  const shard = shardOf(context, stream, shardId);
  if (!shard.open) {
    throw invalidArgument(
      `Shard ${shard.id} in stream ${stream.name} under account ${context.account.accountId} has already been merged ` +
        'or split, and thus is not eligible for merging or splitting.',
    );
  }
  return shard;
}

function finishReshard(context: KinesisContext, stream: Stream): undefined {
  context.catalog.changed(stream, 'UPDATING', context.now());
  context.subscriptions.wake(stream);
  return undefined;
}

export const shardOperations = {
  ListShards: listShards,
  SplitShard: split,
  MergeShards: merge,
} satisfies Readonly<Record<string, Operation>>;
