import {
  assertReady,
  readyStreamOf,
  SHARD_ID_RULE,
  shardOf,
  streamNamed,
  type KinesisContext,
  type Operation,
} from '../context.js';
import { describeChildren, describeRecord } from '../describe.js';
import { invalidArgument, KinesisError, throughputExceeded } from '../errors.js';
import { API } from '../limits.js';
import { recordBytes, type ReadResult } from '../log/shard-log.js';
import { rateExceeded } from '../names.js';
import { POSITION_TYPES, resolvePosition } from '../position.js';
import type { Shard, Stream } from '../stream.js';
import { openToken, sealToken } from '../tokens.js';

const getShardIterator: Operation = (context, fields) => {
  const shardId = fields.requiredText('ShardId', SHARD_ID_RULE);
  const type = fields.requiredText('ShardIteratorType', { oneOf: POSITION_TYPES });
  const sequenceNumber = fields.text('StartingSequenceNumber', { pattern: /^(?:0|([1-9]\d{0,128}))$/ });
  const timeMs = fields.timeMs('Timestamp');
  fields.unsupported('DryRun', false);
  const stream = readyStreamOf(context, fields);
  const shard = shardOf(context, stream, shardId);
  const position = resolvePosition(context, stream, shard, { type, sequenceNumber, timeMs });
  return { ShardIterator: iteratorAt(context, stream, shard, position) };
};

const getRecords: Operation = (context, fields) => {
  const iterator = fields.requiredText('ShardIterator', { min: 1, max: 512 });
  const limit = fields.integer('Limit', { min: 1, max: API.maxGetRecords }) ?? API.maxGetRecords;
  fields.unsupported('DryRun', false);
  fields.check();
  const { stream, shard, position } = openIterator(context, iterator);
  const nowMs = context.now();
  if (context.limits && !shard.rates(nowMs).tryRead(nowMs)) {
    throw throughputExceeded(rateExceeded(context.account, stream.name, shard.id));
  }
  const read = shard.log.read(position, limit, API.maxGetBytes);
  if (context.limits) shard.rates(nowMs).noteRead(read.records.reduce((sum, record) => sum + recordBytes(record), 0));
  const next = nextPosition(position, read);
  const ended = shard.endsWith(read);
  return {
    Records: read.records.map((record) => describeRecord(shard, record)),
    MillisBehindLatest: millisBehind(read, nowMs),
    ...(ended
      ? { NextShardIterator: null, ChildShards: describeChildren(stream, shard) }
      : { NextShardIterator: iteratorAt(context, stream, shard, next) }),
  };
};

export const nextPosition = (position: number, { records }: ReadResult): number =>
  (records.at(-1)?.counter ?? position - 1) + 1;

/** 0 at the tip and never elsewhere, so that a reader may take it for "caught up". */
export const millisBehind = ({ nextArrivedMs }: ReadResult, nowMs: number): number =>
  nextArrivedMs === undefined ? 0 : Math.max(1, nowMs - nextArrivedMs);

const iteratorAt = (context: KinesisContext, stream: Stream, shard: Shard, position: number): string =>
  sealToken('iterator', context.now(), [stream.name, stream.row.id, shard.id, String(position)]);

/** The stream that an iterator reads, for faults that are limited to streams. */
export const streamOfIterator = (iterator: string): string | undefined => openToken('iterator', iterator)?.parts[0];

function openIterator(
  context: KinesisContext,
  text: string,
): { readonly stream: Stream; readonly shard: Shard; readonly position: number } {
  const token = openToken('iterator', text);
  const [name, id, shardId, position] = token?.parts ?? [];
  if (token === undefined || name === undefined || shardId === undefined) {
    throw invalidArgument('Invalid ShardIterator.');
  }
  const nowMs = context.now();
  if (nowMs - token.issuedMs > context.tokenMs) {
    throw new KinesisError(
      'ExpiredIteratorException',
      `Iterator expired. The iterator was created at time ${longDate(token.issuedMs)} while right now it is ` +
        `${longDate(nowMs)} which is further in the future than the tolerated delay of ${context.tokenMs} milliseconds.`,
    );
  }
  const stream = assertReady(context, streamNamed(context, name));
  if (stream.row.id !== id) throw invalidArgument('Invalid ShardIterator: its stream was deleted.');
  return { stream, shard: shardOf(context, stream, shardId), position: Number(position) };
}

/** As the service writes it: `Thu Jan 22 01:22:02 UTC 2015`. */
function longDate(ms: number): string {
  const [weekday, day, month, year, time] = new Date(ms).toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${day} ${time} UTC ${year}`;
}

export const getOperations = {
  GetShardIterator: getShardIterator,
  GetRecords: getRecords,
} satisfies Readonly<Record<string, Operation>>;
