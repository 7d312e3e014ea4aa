import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { isFinal, orderKeys, OrderStatus } from '@supernoba/protocol';
import { again } from './again.js';
import type { ChangeWriter, WriteFailure } from './change-writer.js';
import type { Row, Table } from './dynamo.js';
import type { OrderChange } from './order-change.js';

/** Writes at the same time. */
const WIDTH = 16;

export interface OrderWriterOptions {
  /** Writes the state that a row has already once more: mends rows that were damaged. Off by default. */
  repair?: boolean;
}

/** Writes changes of orders into `order_history`. */
export function createOrderWriter(
  table: Table,
  { repair = false }: OrderWriterOptions = {},
): ChangeWriter<OrderChange> {
  const update = async (change: OrderChange): Promise<void> => {
    const { UpdateItemCommand } = await import('@aws-sdk/client-dynamodb');
    const command = new UpdateItemCommand(orderUpdate(table.name, change, repair));
    const client = await table.dynamo();
    await again(async () => {
      try {
        await client.send(command);
      } catch (error) {
        if (!isOlder(error)) throw error;
      }
    });
  };

  return {
    async write(changes) {
      const failures: WriteFailure<OrderChange>[] = [];
      for (let first = 0; first < changes.length; first += WIDTH) {
        const some = changes.slice(first, first + WIDTH);
        const work = some.map((change) =>
          update(change).catch((error: unknown) => void failures.push({ change, error })),
        );
        await Promise.all(work);
      }
      return failures;
    },
  };
}

/** The attributes of an order's row but for `open_key`, which open orders alone have. */
export function orderRow({ last, first }: OrderChange): Row {
  const { event: _, symbol, seq, timestamp, order_id, user_id, ...state } = last;
  const { open_key: _open, ...keys } = orderKeys(symbol, {
    orderId: order_id,
    userId: user_id,
    placedAt: first.timestamp,
    placedSeq: first.seq,
  });
  return { ...keys, symbol, order_id, user_id, seq, placed_at: first.timestamp, updated_at: timestamp, ...state };
}

/** Attributes that keep the value they have, unless the event that took the order in is known. */
const PLACED: ReadonlySet<string> = new Set(['placed', 'placed_at', 'open_key']);

function orderUpdate(table: string, change: OrderChange, repair: boolean): UpdateItemCommandInput {
  const { last, first, isPlaced } = change;
  const row: Record<string, string | number | boolean> = { ...orderRow(change) };
  const { pk, open_key } = orderKeys(last.symbol, {
    orderId: last.order_id,
    userId: last.user_id,
    placedAt: first.timestamp,
    placedSeq: first.seq,
  });
  delete row['pk'];
  if (!isFinal(last.status)) row['open_key'] = open_key;
  const gone = ['reason', 'request_id', 'open_key'].filter((name) => row[name] === undefined);
  const names = Object.keys(row);
  const assignments = names.map((name) =>
    PLACED.has(name) && !isPlaced ? `#${name} = if_not_exists(#${name}, :${name})` : `#${name} = :${name}`,
  );
  const removal = gone.length === 0 ? '' : ` REMOVE ${gone.map((name) => `#${name}`).join(', ')}`;
  return {
    TableName: table,
    Key: marshall({ pk }),
    UpdateExpression: `SET ${assignments.join(', ')}${removal}`,
    ConditionExpression: condition(last.status, isPlaced, repair),
    ExpressionAttributeNames: Object.fromEntries([...names, ...gone].map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...marshall(Object.fromEntries(names.map((name) => [`:${name}`, row[name]]))),
      ':rejected': { S: OrderStatus.Rejected },
    },
  };
}

/** Later states win, see `isLater` of the fold; of the same state, the row learns when the order was placed. */
function condition(status: OrderStatus, isPlaced: boolean, repair: boolean): string {
  const isNewer = repair ? '#seq <= :seq' : '#seq < :seq';
  if (status === OrderStatus.Rejected) {
    return `attribute_not_exists(pk) OR (#status = :rejected AND ${isNewer})`;
  }
  const learns = isPlaced && !repair ? ' OR (#seq = :seq AND #placed <> :placed)' : '';
  return `attribute_not_exists(pk) OR ${isNewer} OR #status = :rejected${learns}`;
}

function isOlder(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConditionalCheckFailedException';
}
