import type { EventSink, Fill, StatusChange } from './order-book.js';

type Listener<T> = (event: Readonly<T>) => void;

/**
 * A sink that tells any number of listeners, in the order in which they came. As for any sink, the object handed over is
 * used again for the next event: copy what you keep.
 *
 *     const events = new EventListeners();
 *     const stop = events.onFill((fill) => console.log(fill.price, fill.quantity));
 *     const book = createOrderBook({ symbol: 'TEST', sink: events.sink });
 *     stop();
 */
export class EventListeners {
  readonly #fills = new Set<Listener<Fill>>();
  readonly #statuses = new Set<Listener<StatusChange>>();

  readonly sink: EventSink = {
    onFill: (fill) => {
      for (const listener of this.#fills) listener(fill);
    },
    onStatus: (status) => {
      for (const listener of this.#statuses) listener(status);
    },
  };

  /** Returns its undo. */
  onFill(listener: Listener<Fill>): () => void {
    return subscribe(this.#fills, listener);
  }

  /** Returns its undo. */
  onStatus(listener: Listener<StatusChange>): () => void {
    return subscribe(this.#statuses, listener);
  }
}

function subscribe<T>(listeners: Set<Listener<T>>, listener: Listener<T>): () => void {
  const own: Listener<T> = (event) => listener(event);
  listeners.add(own);
  return () => {
    listeners.delete(own);
  };
}
