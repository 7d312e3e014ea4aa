import type { FillEvent, OrderStatusEvent } from '@supernoba/protocol';

interface Shown {
  isBuy: boolean;
  price: number;
  open: number;
}

/**
 * A book rebuilt from the status and fill streams alone, as any consumer could: an order is there from its ACCEPTED,
 * moves with REPLACED, shrinks with its fills and leaves with its last status.
 */
export class StreamBook {
  private readonly orders = new Map<string, Shown>();
  private readonly quantities = { bid: new Map<number, number>(), ask: new Map<number, number>() };

  apply(event: FillEvent | OrderStatusEvent): void {
    if (event.event === 'FILL') {
      for (const party of [event.buyer, event.seller]) this.reduce(party.order_id, event.quantity);
      return;
    }
    switch (event.status) {
      case 'ACCEPTED':
      case 'REPLACED':
        this.remove(event.order_id);
        this.orders.set(event.order_id, { isBuy: event.is_buy, price: event.price, open: event.open });
        this.change(event.is_buy, event.price, event.open);
        break;
      case 'FILLED':
      case 'CANCELLED':
      case 'EXPIRED':
        this.remove(event.order_id);
        break;
      case 'PARTIALLY_FILLED':
      case 'TRIGGERED':
      case 'REJECTED':
      case 'DUPLICATE':
      case 'REPLACE_REJECTED':
      case 'CANCEL_REJECTED':
        break;
    }
  }

  /** The best `levels` levels of a side, best first. */
  top(side: 'bid' | 'ask', levels: number): [price: number, quantity: number][] {
    const sign = side === 'bid' ? -1 : 1;
    return [...this.quantities[side]].sort(([a], [b]) => sign * (a - b)).slice(0, levels);
  }

  private reduce(orderId: string, quantity: number): void {
    const order = this.orders.get(orderId);
    if (!order) throw new Error(`a fill names the order ${orderId}, which is not in the book`);
    order.open -= quantity;
    if (order.open < 0) throw new Error(`the order ${orderId} was filled beyond its quantity`);
    this.change(order.isBuy, order.price, -quantity);
  }

  private remove(orderId: string): void {
    const order = this.orders.get(orderId);
    if (!order) return;
    this.orders.delete(orderId);
    this.change(order.isBuy, order.price, -order.open);
  }

  private change(isBuy: boolean, price: number, by: number): void {
    const side = isBuy ? this.quantities.bid : this.quantities.ask;
    const quantity = (side.get(price) ?? 0) + by;
    if (quantity === 0) side.delete(price);
    else side.set(price, quantity);
  }
}
