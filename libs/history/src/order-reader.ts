import { unmarshall } from '@aws-sdk/util-dynamodb';
import { orderKey, orderPartitions, timeKey, type OrdersAnswer, type OrderState } from '@supernoba/protocol';
import { HistoryError, type Row, type Table } from './dynamo.js';
import { newestFirst, type PageRequest } from './newest-first.js';

export interface OrderQuery {
  userId: string;
  symbol?: string;
  /** Only open orders: newest first within a symbol, symbols in descending order. Else all orders, newest first. */
  isOpen: boolean;
  /** Epoch ms, both included: orders placed in this range. Not with `isOpen`. */
  from?: number;
  to?: number;
  limit: number;
  /** Of the page before. Any text is safe: it moves the place in the user's own orders alone. */
  cursor?: string;
}

export interface OrderReader {
  /** One order as it stands; undefined when there is none, or it is somebody else's. */
  get(userId: string, symbol: string, orderId: string): Promise<OrderState | undefined>;
  /** A page of a user's orders. A change of the last moment may not show yet. */
  list(query: OrderQuery): Promise<OrdersAnswer>;
}

/** Reads `order_history`. */
export function createOrderReader(table: Table): OrderReader {
  return {
    async get(userId, symbol, orderId) {
      const { GetItemCommand } = await import('@aws-sdk/client-dynamodb');
      const Key = { pk: { S: orderKey(symbol, orderId) } };
      const command = new GetItemCommand({ TableName: table.name, Key, ConsistentRead: true });
      const { Item } = await (await table.dynamo()).send(command);
      if (Item === undefined) return undefined;
      const row = unmarshall(Item) as Row;
      return row['user_id'] === userId ? toOrderState(row) : undefined;
    },

    async list(query) {
      const [index, range] = query.isOpen ? ['open_by_user', 'open_key'] : ['by_user', 'placed'];
      const sources = orderPartitions(query.userId).map((value) => ({
        index,
        range,
        hash: { name: 'user_pk', value },
      }));
      const { rows, next } = await newestFirst(table, sources, query.isOpen ? openRange(query) : timeRange(query));
      return { orders: rows.map(({ row }) => toOrderState(row)), ...(next === undefined ? {} : { cursor: next }) };
    },
  };
}

function openRange({ symbol, limit, cursor }: OrderQuery): PageRequest {
  return {
    limit,
    ...(symbol === undefined ? {} : { from: `${symbol}#`, to: `${symbol}#~` }),
    ...(cursor === undefined ? {} : { before: cursor }),
  };
}

function timeRange({ symbol, from, to, limit, cursor }: OrderQuery): PageRequest {
  return {
    limit,
    ...(symbol === undefined ? {} : { where: { symbol } }),
    ...timeBounds(from, to),
    ...(cursor === undefined ? {} : { before: cursor }),
  };
}

/** Bounds of range keys that begin with 13-digit milliseconds. */
export function timeBounds(from: number | undefined, to: number | undefined): Pick<PageRequest, 'from' | 'to'> {
  return {
    ...(from === undefined ? {} : { from: timeKey(from, 0) }),
    ...(to === undefined ? {} : { to: `${String(to).padStart(13, '0')}#~` }),
  };
}

/** @throws HistoryError for a row that is no order's */
function toOrderState(row: Row): OrderState {
  for (const name of ['symbol', 'order_id', 'status', 'seq', 'placed_at', 'updated_at']) {
    if (row[name] === undefined) throw new HistoryError(`a row of order_history has no ${name}`);
  }
  const { pk: _pk, user_pk: _user, placed: _placed, open_key: _open, user_id: _id, n: _n, ...state } = row;
  return state as unknown as OrderState;
}
