import { isAnswer, OrderStatus, Reason, type ExchangeEvent, type OrderStatusEvent } from '@supernoba/protocol';

/** What a run of events did to one order: its last state, and when it was placed. */
export interface OrderChange {
  /** The status that is the order's state now. */
  last: OrderStatusEvent;
  /** The event that took the order in, or, where the run begins later, the first one of it. */
  first: OrderStatusEvent;
  /** Whether `first` took the order in. */
  isPlaced: boolean;
  /** Place of the earliest event of the order in the run. */
  from: number;
}

/**
 * The changes of orders that a run of events makes, one an order, however many events it has. Answers to requests
 * (DUPLICATE, REPLACE_REJECTED, CANCEL_REJECTED) and fills change no state.
 */
export function foldOrders(events: Iterable<ExchangeEvent>): OrderChange[] {
  const changes = new Map<string, OrderChange>();
  let place = -1;
  for (const event of events) {
    place++;
    if (event.event !== 'ORDER_STATUS' || isAnswer(event.status)) continue;
    const key = `${event.symbol}#${event.order_id}`;
    const known = changes.get(key);
    if (known === undefined) {
      changes.set(key, { last: event, first: event, isPlaced: isPlacing(event), from: place });
    } else if (isLater(event, known.last)) {
      known.last = event;
      if (isPlacing(event)) {
        known.first = event;
        known.isPlaced = true;
      }
    }
  }
  return [...changes.values()];
}

/**
 * The order of an order's states: by `seq`, but every other state is after REJECTED. A refused ADD uses its id neither up
 * nor for itself: where that id names an order, before or after, the order's state counts.
 */
function isLater(event: OrderStatusEvent, than: OrderStatusEvent): boolean {
  const [rank, thanRank] = [event, than].map(({ status }) => (status === OrderStatus.Rejected ? 0 : 1));
  return rank === thanRank ? event.seq > than.seq : rank! > thanRank!;
}

/** Whether an event is the first of an order's life. One that a restored snapshot brings back was placed long before. */
function isPlacing({ status, reason }: OrderStatusEvent): boolean {
  return status === OrderStatus.Rejected || (status === OrderStatus.Accepted && reason !== Reason.Restored);
}
