import {
  batchAnswer,
  cachedAll,
  readEvents,
  type BatchAnswer,
  type ConnectionRegistry,
  type ErrorLog,
  type KinesisEvent,
  type Valkey,
} from '@supernoba/edge';
import type { Keys } from '@supernoba/valkey-keys';
import type { Post } from './post.js';
import { privateFrames, toMessages, type PrivateFrame } from './private-frames.js';

export interface UserNotifyDeps {
  valkey: Valkey;
  keys: Keys;
  connections: ConnectionRegistry;
  post: Post;
  log: ErrorLog;
}

/** Connections that are written to at the same time. */
const MAX_PARALLEL = 32;

/**
 * Fills and order statuses, to every connection of the users they concern, in order, at least once: clients drop repeats by
 * `seq`. Users without a connection are told nothing; they read their history. A failure brings the whole batch again.
 */
export function createHandler({ valkey, keys, connections, post, log }: UserNotifyDeps) {
  /** Writes to one connection until its first failure, so that nothing arrives out of order. */
  const deliver = async (userId: string, connectionId: string, messages: readonly string[]): Promise<void> => {
    for (const message of messages) {
      const outcome = await post(connectionId, message);
      if (outcome === 'gone') return connections.close(connectionId, userId);
      if (outcome === 'refused') log('a private message was refused', new Error(`connection ${connectionId}`));
    }
  };

  const notify = async (framesOf: ReadonlyMap<string, PrivateFrame[]>): Promise<void> => {
    const users = [...framesOf.keys()];
    if (users.length === 0) return;
    const pipeline = valkey.pipeline();
    for (const userId of users) pipeline.smembers(keys.userConnections(userId));
    const found = (await cachedAll(pipeline)) as string[][];
    const jobs = users.flatMap((userId, i) => {
      const ids = found[i] ?? [];
      const messages = ids.length === 0 ? [] : toMessages(framesOf.get(userId) ?? []);
      return ids.map((connectionId) => () => deliver(userId, connectionId, messages));
    });
    await inParallel(jobs, MAX_PARALLEL);
  };

  return async (batch: KinesisEvent): Promise<BatchAnswer> => {
    const framesOf = new Map<string, PrivateFrame[]>();
    for (const event of batch.Records.flatMap(({ kinesis }) => readEvents(kinesis.data, log))) {
      for (const [userId, frame] of privateFrames(event)) {
        const frames = framesOf.get(userId);
        if (frames) frames.push(frame);
        else framesOf.set(userId, [frame]);
      }
    }
    try {
      await notify(framesOf);
      return batchAnswer(batch, undefined);
    } catch (error) {
      log('a batch is to come again', error);
      return batchAnswer(batch, 0);
    }
  };
}

/** Runs all jobs, some at a time. @throws the first failure, once every job has ended */
async function inParallel(jobs: readonly (() => Promise<void>)[], width: number): Promise<void> {
  let next = 0;
  let failure: { error: unknown } | undefined;
  const work = async (): Promise<void> => {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) {
      await job().catch((error: unknown) => {
        failure ??= { error };
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, work));
  if (failure) throw failure.error;
}
