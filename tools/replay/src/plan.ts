import { MAX_BATCH_ORDERS, MAX_BODY_BYTES, type OrderRequest } from '@supernoba/protocol';
import type { TapeFill, TapeRow, TapeSnap } from './tape.js';

/** One operation of the tape as an entry of `POST /orders/batch`, with what the tape says must follow. */
export interface PlannedOrder {
  /** Place among all operations of the tape, 0 upwards. */
  index: number;
  user: number;
  entry: OrderRequest['order'];
  orderId: string;
  /** An order that reached the tape's exchange while it was recorded, not part of its opening book. */
  incoming: boolean;
  fills: TapeFill[];
  snap?: TapeSnap;
}

export interface PlannedBatch {
  user: number;
  orders: PlannedOrder[];
}

interface Resting {
  user: number;
  quantity: number;
}

/**
 * Turns a tape into orders of `users` users. Neighbouring adds share a user, so that a batch (one user's by nature) holds
 * several operations; a change or a cancel belongs to whoever placed the order.
 *
 * @param run prefix of every id, so that two runs on one exchange never meet
 * @throws Error when the tape changes an order it never added
 */
export function planOrders(rows: readonly TapeRow[], symbol: string, run: string, users: number): PlannedOrder[] {
  const adds = rows.flatMap((row) => row.ops).filter((operation) => operation.op === 'add').length;
  const addsPerUser = Math.max(1, Math.ceil(adds / users));
  const resting = new Map<string, Resting>();
  const orders: PlannedOrder[] = [];
  let added = 0;

  for (const row of rows) {
    row.ops.forEach((operation, position) => {
      const index = orders.length;
      const last = position === row.ops.length - 1;
      const currentUser = Math.min(users - 1, Math.floor(added / addsPerUser));
      const id = 'id' in operation ? operation.id : `take${index}`;
      const orderId = `${run}-${id}`;
      const common = { symbol, order_id: orderId, request_id: requestId(run, index) };
      let user: number;
      let entry: OrderRequest['order'];

      if (operation.op === 'add' || operation.op === 'take') {
        user = currentUser;
        entry = {
          ...common,
          action: 'ADD',
          is_buy: operation.side === 'buy',
          price: operation.price,
          quantity: operation.qty,
          ...(operation.op === 'take' ? { tif: 'IOC' as const } : {}),
        };
        resting.set(id, { user, quantity: operation.qty });
        if (operation.op === 'add') added += 1;
      } else {
        const order = resting.get(id);
        if (!order) throw new Error(`row ${row.i} changes the order ${id}, which the tape never added`);
        user = order.user;
        if (operation.op === 'cancel') entry = { ...common, action: 'CANCEL' };
        else if (operation.op === 'reprice') entry = { ...common, action: 'REPLACE', price: operation.price };
        else {
          order.quantity -= operation.by;
          entry = { ...common, action: 'REPLACE', quantity: order.quantity };
        }
      }
      orders.push({
        index,
        user,
        entry,
        orderId,
        incoming: operation.op === 'add' && operation.seed !== true,
        fills: last ? (row.fills ?? []) : [],
        ...(last && row.snap ? { snap: row.snap } : {}),
      });
    });
  }
  return orders;
}

/** Splits the orders, in order, wherever the user changes or a batch is full. */
export function planBatches(orders: readonly PlannedOrder[]): PlannedBatch[] {
  const batches: PlannedBatch[] = [];
  let bytes = 0;
  for (const order of orders) {
    const size = JSON.stringify(order.entry).length + 1;
    const current = batches.at(-1);
    const fits = current && current.orders.length < MAX_BATCH_ORDERS && bytes + size < MAX_BODY_BYTES - 256;
    if (current && fits && current.user === order.user) {
      current.orders.push(order);
      bytes += size;
    } else {
      batches.push({ user: order.user, orders: [order] });
      bytes = size;
    }
  }
  return batches;
}

export function requestId(run: string, index: number): string {
  return `${run}-q${index}`;
}

/** The index that `requestId` put into a request id of this run; −1 for any other text. */
export function requestIndex(run: string, id: string | undefined): number {
  const prefix = `${run}-q`;
  return id?.startsWith(prefix) ? Number(id.slice(prefix.length)) : -1;
}
