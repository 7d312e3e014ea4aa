import type { SymbolMachine, SymbolOutput } from '@supernoba/engine/matching';
import { isAnswer, isFinal, orderKey, OrderStatus, type OrderStatusEvent } from '@supernoba/protocol';
import type { Findings } from '../findings.js';
import type { HeldRow } from '../held.js';
import type { Observer, Step } from '../replay.js';

const STORE = 'order_history';

interface Order {
  /** By `seq`. */
  states: Map<number, OrderStatusEvent>;
  /** The state that counts: the last one, and any before REJECTED. */
  last: OrderStatusEvent;
  published: boolean;
}

/** Every order's row is a state that the order had, and its last one once the consumer of the stream is done. */
export class OrderRowCheck implements Observer {
  readonly #orders = new Map<string, Order>();

  constructor(private readonly findings: Findings) {}

  moved({ symbol }: SymbolMachine, output: SymbolOutput | undefined, { published }: Step): void {
    for (const text of output?.statuses ?? []) {
      const event = JSON.parse(text) as OrderStatusEvent;
      if (isAnswer(event.status)) continue;
      const key = orderKey(symbol, event.order_id);
      const order = this.#orders.get(key);
      if (order === undefined) {
        this.#orders.set(key, { states: new Map([[event.seq, event]]), last: event, published });
        continue;
      }
      order.states.set(event.seq, event);
      if (event.status === OrderStatus.Rejected && order.last.status !== OrderStatus.Rejected) continue;
      order.last = event;
      order.published = published;
    }
  }

  finish(rows: readonly HeldRow[]): void {
    const seen = new Set<string>();
    for (const row of rows) {
      const key = String(row['pk']);
      seen.add(key);
      const order = this.#orders.get(key);
      const state = order?.states.get(Number(row['seq']));
      this.findings.count('orderRowsCompared');
      if (!this.findings.same(STORE, `order ${key}`, state && stateOf(state, row), stateOf(row, row))) continue;
      if (order!.last.seq !== row['seq'] && order!.published) this.findings.count('orderRowsBehind');
    }
    for (const [key, { published }] of this.#orders) {
      if (published && !seen.has(key)) this.findings.count('orderRowsBehind');
    }
  }
}

/** What a row says of its order, or would have to say in a state. */
function stateOf(state: OrderStatusEvent | HeldRow, row: HeldRow): string {
  const event = state as OrderStatusEvent & { updated_at?: number };
  const isOpen = state === row ? row['open_key'] !== undefined : !isFinal(event.status);
  const { symbol, seq, n, order_id, user_id, status, is_buy, order_type, price, quantity, filled, open } = event;
  const { reason, request_id, updated_at, timestamp } = event;
  const figures = { is_buy, order_type, price, quantity, filled, open };
  const place = { symbol, seq, n, order_id, user_id, isOpen, time: updated_at ?? timestamp };
  return JSON.stringify({ ...place, status, reason, request_id, ...figures });
}
