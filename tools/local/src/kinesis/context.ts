import { KinesisError, resourceInUse, validation } from './errors.js';
import type { FaultPlan } from './faults.js';
import type { Fields, JsonObject } from './fields.js';
import { shardNotFound, streamNotFound, streamOfArn, type Account } from './names.js';
import type { Shard, Stream } from './stream.js';
import type { StreamCatalog } from './stream-catalog.js';
import type { Subscriptions } from './subscriptions.js';

/** Reports what a person should know: a torn tail that was cut, an unexpected failure. */
export type KinesisLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** What every operation works with. */
export interface KinesisContext {
  readonly account: Account;
  readonly catalog: StreamCatalog;
  readonly subscriptions: Subscriptions;
  /** The rates of the real service are enforced. */
  readonly limits: boolean;
  /** Open shards of all streams together. */
  readonly shardLimit: number;
  /** Life of a shard iterator and of a page token. */
  readonly tokenMs: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: KinesisLog;
}

/** @returns the answer, or undefined for an operation whose answer is empty */
export type Operation = (
  context: KinesisContext,
  fields: Fields,
  faults: FaultPlan,
) => JsonObject | undefined | Promise<JsonObject | undefined>;

export const NAME_RULE = { min: 1, max: 128, pattern: /^[a-zA-Z0-9_.-]+$/ } as const;
export const SHARD_ID_RULE = NAME_RULE;
const ARN_RULE = { min: 1, max: 2048 } as const;

/** The stream that StreamName or StreamARN names; both may be given where they agree. */
export function streamOf(context: KinesisContext, fields: Fields): Stream {
  const arn = fields.text('StreamARN', ARN_RULE);
  const given = fields.text('StreamName', NAME_RULE);
  if (arn === undefined && given === undefined) fields.requiredText('StreamName');
  fields.check();
  const name = arn === undefined ? String(given) : streamOfArn(context.account, arn);
  if (given !== undefined && given !== name) {
    throw new KinesisError('InvalidArgumentException', `StreamName ${given} and StreamARN ${arn} do not match.`);
  }
  return streamNamed(context, name);
}

export function streamNamed(context: KinesisContext, name: string): Stream {
  const stream = context.catalog.get(name, context.now());
  if (stream === undefined) throw streamNotFound(context.account, name);
  return stream;
}

/** A stream whose records can be written and read: ACTIVE or UPDATING. */
export function readyStreamOf(context: KinesisContext, fields: Fields): Stream {
  return assertReady(context, streamOf(context, fields));
}

export function assertReady(context: KinesisContext, stream: Stream): Stream {
  const status = stream.status(context.now());
  if (status === 'CREATING' || status === 'DELETING') throw streamNotFound(context.account, stream.name);
  return stream;
}

/** A stream that may be changed: ACTIVE. */
export function activeStreamOf(context: KinesisContext, fields: Fields): Stream {
  const stream = streamOf(context, fields);
  const status = stream.status(context.now());
  if (status !== 'ACTIVE') {
    throw resourceInUse(
      `Stream ${stream.name} under account ${context.account.accountId} not ACTIVE, instead in state ${status}`,
    );
  }
  return stream;
}

/** A stream whose shards may be changed: ACTIVE, and not one that the service scales by itself. */
export function scalableStreamOf(context: KinesisContext, fields: Fields, operation: string): Stream {
  const stream = activeStreamOf(context, fields);
  if (stream.row.mode === 'ON_DEMAND')
    throw validation(`${operation} is not supported for streams in the ON_DEMAND mode.`);
  return stream;
}

export function shardOf(context: KinesisContext, stream: Stream, shardId: string): Shard {
  const shard = stream.shard(shardId);
  if (shard === undefined) throw shardNotFound(context.account, stream.name, shardId);
  return shard;
}
