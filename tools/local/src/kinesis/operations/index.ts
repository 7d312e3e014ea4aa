import type { Operation } from '../context.js';
import { consumerOperations } from './consumers.js';
import { getOperations } from './get-records.js';
import { putOperations } from './put-records.js';
import { shardOperations } from './shards.js';
import { streamOperations } from './streams.js';

/** Every operation that answers with one JSON object. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    ...streamOperations,
    ...shardOperations,
    ...putOperations,
    ...getOperations,
    ...consumerOperations,
  }),
);

/** The one operation that answers with a stream of events. */
export const SUBSCRIBE = 'SubscribeToShard';

export const operationNames: readonly string[] = [...operations.keys(), SUBSCRIBE];
