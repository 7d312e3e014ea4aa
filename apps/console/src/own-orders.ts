import {
  isAnswer,
  isFinal,
  type NewOrder,
  type OrderState,
  type OrderStatus,
  type PrivateFill,
  type PrivateOrderStatus,
} from '@supernoba/protocol';

/** States this page gives an order before the exchange says more; then the exchange's own statuses. */
export type OwnState = 'SENDING' | 'IN JOURNAL' | 'CANCEL SENT' | 'REFUSED' | 'UNCONFIRMED' | OrderStatus;

export interface OwnOrder {
  orderId: string;
  symbol: string;
  isBuy: boolean;
  price: number;
  quantity: number;
  filled: number;
  state: OwnState;
  /** A reason, an error or an answer that changed nothing. */
  note: string;
  /** Epoch ms. */
  sentAt: number;
  /** Of the last event that told its state; 0 before the first. */
  seq: number;
}

/** Most orders that the page lists. */
export const MAX_ORDERS = 200;
/** What this page alone calls an order; the rest are the exchange's statuses. */
const OF_THIS_PAGE: ReadonlySet<OwnState> = new Set(['SENDING', 'IN JOURNAL', 'CANCEL SENT', 'REFUSED', 'UNCONFIRMED']);

export const isEnded = ({ state }: OwnOrder): boolean =>
  state === 'REFUSED' || (!OF_THIS_PAGE.has(state) && isFinal(state as OrderStatus));

/** The user's orders: open ones as loaded, what this page sent, and what private events tell, also of other pages' orders. */
export class OwnOrders {
  readonly #orders = new Map<string, OwnOrder>();

  /** Newest first. */
  list(): OwnOrder[] {
    return [...this.#orders.values()].reverse().sort((a, b) => b.sentAt - a.sentAt);
  }

  sending(orderId: string, order: NewOrder, sentAt: number): void {
    const { symbol, side, price = 0, quantity } = order;
    this.#orders.set(orderId, {
      orderId,
      symbol,
      isBuy: side === 'BUY',
      price,
      quantity,
      filled: 0,
      state: 'SENDING',
      note: '',
      sentAt,
      seq: 0,
    });
    this.#bound();
  }

  /** Orders as the exchange's history has them; what an event has told already is newer and stays. */
  load(orders: readonly OrderState[]): void {
    for (const { order_id, symbol, status, reason, filled, placed_at, seq, ...state } of [...orders].reverse()) {
      const known = this.#orders.get(order_id);
      if (known !== undefined && known.seq >= seq) continue;
      const { is_buy: isBuy, price, quantity } = state;
      const sentAt = known?.sentAt ?? placed_at;
      const row = {
        orderId: order_id,
        symbol,
        isBuy,
        price,
        quantity,
        filled,
        state: status,
        note: reason ?? '',
        sentAt,
        seq,
      };
      this.#orders.set(order_id, row);
    }
    this.#bound();
  }

  /** It never left the page. */
  withdraw(orderId: string): void {
    this.#orders.delete(orderId);
  }

  /** An acknowledgement may come after the first private events: it never sets them back. */
  acknowledged(orderId: string): void {
    this.#change(orderId, (order) => {
      if (order.state === 'SENDING') order.state = 'IN JOURNAL';
    });
  }

  /** `isFinal`: refused for certain. Else nobody answered, and the exchange may have it all the same. */
  failed(orderId: string, note: string, isFinal: boolean): void {
    this.#change(orderId, (order) => {
      if (order.state !== 'SENDING') return;
      order.state = isFinal ? 'REFUSED' : 'UNCONFIRMED';
      order.note = note;
    });
  }

  cancelSent(orderId: string): void {
    this.#change(orderId, (order) => {
      if (!isEnded(order)) order.state = 'CANCEL SENT';
    });
  }

  status(event: PrivateOrderStatus['data']): void {
    const { order_id: orderId, status, reason, filled, seq } = event;
    const order = this.#orders.get(orderId);
    if (isAnswer(status)) {
      if (order) order.note = `${status} ${reason ?? ''}`.trim();
      return;
    }
    if (order === undefined) {
      this.load([{ ...event, placed_at: event.timestamp, updated_at: event.timestamp }]);
    } else if (seq > order.seq) {
      Object.assign(order, { state: status, note: reason ?? '', filled: Math.max(order.filled, filled), seq });
    }
  }

  fill({ order_id, filled_qty, filled_price }: PrivateFill['data']): void {
    this.#change(order_id, (order) => {
      order.note = `last ${filled_qty} @ ${filled_price}`;
    });
  }

  #bound(): void {
    for (const oldest of this.#orders.keys()) {
      if (this.#orders.size <= MAX_ORDERS) return;
      this.#orders.delete(oldest);
    }
  }

  #change(orderId: string, change: (order: OwnOrder) => void): void {
    const order = this.#orders.get(orderId);
    if (order) change(order);
  }
}
