import type { NewOrder, OrderStatus, PrivateFill, PrivateOrderStatus } from '@supernoba/protocol';

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
}

const MAX_ORDERS = 200;
const ENDED: ReadonlySet<OwnState> = new Set(['REFUSED', 'REJECTED', 'FILLED', 'CANCELLED', 'EXPIRED']);
/** These answer a request; the order they name keeps its own state. */
const ANSWERS: ReadonlySet<OwnState> = new Set(['DUPLICATE', 'REPLACE_REJECTED', 'CANCEL_REJECTED']);

export const isEnded = ({ state }: OwnOrder): boolean => ENDED.has(state);

/** The orders that this page sent, as far as acknowledgements and private events tell. */
export class OwnOrders {
  readonly #orders = new Map<string, OwnOrder>();

  /** Newest first. */
  list(): OwnOrder[] {
    return [...this.#orders.values()].reverse();
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
    });
    for (const oldest of this.#orders.keys()) {
      if (this.#orders.size <= MAX_ORDERS) return;
      this.#orders.delete(oldest);
    }
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

  status({ order_id, status, reason, filled }: PrivateOrderStatus['data']): void {
    this.#change(order_id, (order) => {
      order.note = ANSWERS.has(status) ? `${status} ${reason ?? ''}`.trim() : (reason ?? '');
      if (ANSWERS.has(status)) return;
      order.state = status;
      order.filled = Math.max(order.filled, filled);
    });
  }

  fill({ order_id, filled_qty, filled_price }: PrivateFill['data']): void {
    this.#change(order_id, (order) => {
      order.note = `last ${filled_qty} @ ${filled_price}`;
    });
  }

  #change(orderId: string, change: (order: OwnOrder) => void): void {
    const order = this.#orders.get(orderId);
    if (order) change(order);
  }
}
