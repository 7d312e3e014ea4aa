import type { AddOrder, CancelOrder, JournalEntry, ReplaceOrder } from '@supernoba/protocol';

type AddOptions = Partial<Omit<AddOrder, 'action' | 'symbol' | 'order_id' | 'is_buy' | 'price' | 'quantity'>>;

export function buy(symbol: string, id: string, price: number, quantity: number, more: AddOptions = {}): AddOrder {
  return { action: 'ADD', symbol, order_id: id, user_id: 'alice', is_buy: true, price, quantity, ...more };
}

export function sell(symbol: string, id: string, price: number, quantity: number, more: AddOptions = {}): AddOrder {
  return { ...buy(symbol, id, price, quantity, { user_id: 'bob', ...more }), is_buy: false };
}

export function cancel(symbol: string, id: string, user = 'alice'): CancelOrder {
  return { action: 'CANCEL', symbol, order_id: id, user_id: user };
}

export function replace(symbol: string, id: string, change: Partial<ReplaceOrder>, user = 'alice'): ReplaceOrder {
  return { action: 'REPLACE', symbol, order_id: id, user_id: user, ...change };
}

/** A repeatable source of numbers in [0, 1): mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A flow that crosses often: limits around 100, markets, IOCs, cancels, replaces, repeats, arrays. */
export function randomFlow(seed: number, count: number, symbols: readonly string[]): (JournalEntry | JournalEntry[])[] {
  const random = randomFrom(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const users = ['alice', 'bob', 'carol', 'dave'];
  const sent: AddOrder[] = [];
  const one = (symbol: string, index: number): JournalEntry => {
    const roll = random();
    const known = sent.filter((order) => order.symbol === symbol);
    if (roll < 0.12 && known.length > 0) {
      const { order_id, user_id } = pick(known);
      return cancel(symbol, order_id, random() < 0.9 ? user_id : 'mallory');
    }
    if (roll < 0.2 && known.length > 0) {
      const { order_id, user_id } = pick(known);
      return replace(symbol, order_id, { price: 95 + Math.floor(random() * 11) }, user_id);
    }
    if (roll < 0.23 && known.length > 0) return pick(known);
    if (roll < 0.24) return { action: 'CANCEL_ALL', symbol, user_id: pick(users) };
    const order: AddOrder = {
      action: 'ADD',
      symbol,
      order_id: `o${seed}-${index}`,
      user_id: pick(users),
      is_buy: random() < 0.5,
      price: 95 + Math.floor(random() * 11),
      quantity: 1 + Math.floor(random() * 50),
    };
    if (roll < 0.32) Object.assign(order, { order_type: 'MARKET', price: 0 });
    else if (roll < 0.4) order.tif = 'IOC';
    else sent.push(order);
    return order;
  };
  return Array.from({ length: count }, (_, index) => {
    const symbol = pick(symbols);
    if (random() < 0.8) return one(symbol, index * 10);
    return Array.from({ length: 2 + Math.floor(random() * 4) }, (_unused, place) =>
      one(symbol, index * 10 + place + 1),
    );
  });
}
