import type { AddOrder, JournalEntry, OrderCommand } from '@supernoba/protocol';
import type { Random } from './random.js';

/** One request to the router: the orders of one symbol, in order. */
export interface Submission {
  /** Virtual ms. */
  at: number;
  symbol: string;
  orders: OrderCommand[];
  /** As one record (a batch) or one record an order. */
  oneRecord: boolean;
}

export interface AdminChange {
  at: number;
  symbol: string;
  record: JournalEntry;
}

export interface Workload {
  symbols: readonly string[];
  submissions: Submission[];
  changes: AdminChange[];
  /** Virtual ms of the last submission. */
  endsAt: number;
}

const USERS = ['alice', 'bob', 'carol', 'dave', 'erin'];
const ORDERS = 1_000;
/** Resting orders that later ones may name. */
const REMEMBERED = 40;

/** How orders come: in bursts and lulls, or without a pause, so that no read of a shard is empty. */
export interface Pace {
  durationMs: number;
  isRush: boolean;
}

/** Orders that cross often, of every kind; one symbol falls silent while the others go on. */
export function drawWorkload(random: Random, symbols: readonly string[], { durationMs, isRush }: Pace): Workload {
  const flows = new Map(symbols.map((symbol) => [symbol, new SymbolFlow(symbol, random)]));
  const silent = random.pick(symbols);
  const silentFrom = durationMs * (isRush ? 0.2 : 0.3 + random.next() * 0.3);
  const submissions: Submission[] = [];
  const total = (isRush ? 2 : 1) * ORDERS + random.integer(0, 300);
  const meanGapMs = durationMs / (total / 1.5);
  let orders = 0;
  let at = 100;
  while (orders < total) {
    const isBurst = !isRush && random.chance(0.2);
    at += isBurst ? random.integer(0, 2) : Math.ceil(random.next() * (isRush ? 2 : 2.5) * meanGapMs);
    const symbol = at > silentFrom ? random.pick(symbols.filter((one) => one !== silent)) : random.pick(symbols);
    const flow = flows.get(symbol)!;
    const size = random.chance(0.2) ? random.integer(2, 6) : 1;
    const batch = Array.from({ length: size }, () => flow.next());
    orders += size;
    submissions.push({ at, symbol, orders: batch, oneRecord: random.chance(0.5) });
  }
  const changes = symbols.flatMap((symbol) => adminChanges(random, symbol, at));
  return { symbols, submissions, changes, endsAt: at };
}

/** Ends a halt and everything else that keeps a market from trading, so that the run goes on. */
function adminChanges(random: Random, symbol: string, endsAt: number): AdminChange[] {
  const base = { action: 'SYMBOL', symbol, actor: 'admin' } as const;
  let count = 0;
  const change = (at: number, record: object): AdminChange => ({
    at,
    symbol,
    record: { ...base, request_id: `adm-${symbol}-${count++}`, ...record } as JournalEntry,
  });
  const config = {
    reference_price: 100,
    price_band_bps: random.pick([0, 600, 2_000]),
    // Prices lie 10 % apart: a market that most moves halt, and for long, trades too little to show anything.
    halt_threshold_bps: random.pick([0, 0, 900]),
    halt_duration_ms: random.integer(500, 5_000),
    reference_window_ms: random.integer(1_000, 60_000),
  };
  const changes = [change(random.integer(0, 50), { op: 'CONFIG', config })];
  if (random.chance(0.4)) {
    const halted = random.integer(1_000, endsAt);
    changes.push(change(halted, { op: 'HALT' }), change(halted + random.integer(500, 8_000), { op: 'RESUME' }));
  }
  if (random.chance(0.3)) changes.push(change(random.integer(1_000, endsAt), { op: 'CANCEL_ALL', user_id: 'alice' }));
  if (random.chance(0.3)) {
    changes.push(
      change(random.integer(1_000, endsAt), { op: 'CONFIG', config: { day_offset_min: 60 * random.integer(-12, 14) } }),
    );
  }
  return changes;
}

class SymbolFlow {
  readonly #known: AddOrder[] = [];
  #middle = 100;
  #count = 0;

  constructor(
    private readonly symbol: string,
    private readonly random: Random,
  ) {}

  next(): OrderCommand {
    const { random, symbol } = this;
    const roll = random.next();
    const request_id = `r-${symbol}-${this.#count++}`;
    const known = this.#known.length > 0 ? random.pick(this.#known) : undefined;
    if (known !== undefined) {
      const { order_id, user_id } = known;
      const sender = random.chance(0.95) ? user_id : random.pick(USERS);
      if (roll < 0.1) return { action: 'CANCEL', symbol, order_id, user_id: sender, request_id };
      if (roll < 0.18) {
        const change = random.chance(0.5) ? { price: this.#price() } : { quantity: random.integer(1, 60) };
        return { action: 'REPLACE', symbol, order_id, user_id: sender, request_id, ...change };
      }
      // A client that sends its request again, or takes an id that was used.
      if (roll < 0.21) return known;
      if (roll < 0.22) return { ...known, request_id };
    }
    if (roll < 0.23) return { action: 'CANCEL_ALL', symbol, user_id: random.pick(USERS), request_id };
    const order = this.#order(request_id);
    this.#known.push(order);
    if (this.#known.length > REMEMBERED) this.#known.shift();
    return order;
  }

  #order(request_id: string): AddOrder {
    const { random, symbol } = this;
    if (random.chance(0.05)) this.#middle = Math.max(50, this.#middle + random.integer(-3, 3));
    const order: AddOrder = {
      action: 'ADD',
      symbol,
      order_id: `o-${symbol}-${this.#count}`,
      user_id: random.pick(USERS),
      is_buy: random.chance(0.5),
      price: this.#price(),
      quantity: random.integer(1, 50),
      request_id,
    };
    const kind = random.next();
    if (kind < 0.08) Object.assign(order, { order_type: 'MARKET', price: 0 });
    else if (kind < 0.16) order.tif = 'IOC';
    else if (kind < 0.2) order.tif = 'FOK';
    else if (kind < 0.24) order.tif = 'DAY';
    else if (kind < 0.29) Object.assign(order, { order_type: 'STOP', price: 0, stop_price: this.#price() });
    else if (kind < 0.34) Object.assign(order, { order_type: 'STOP_LIMIT', stop_price: this.#price() });
    else if (kind < 0.4) order.display_quantity = Math.max(1, Math.floor(order.quantity / 3));
    else if (kind < 0.44) order.post_only = true;
    else if (kind < 0.48) order.all_or_none = true;
    if (random.chance(0.1))
      order.stp = random.pick(['CANCEL_TAKER', 'CANCEL_MAKER', 'CANCEL_BOTH', 'DECREMENT'] as const);
    return order;
  }

  #price(): number {
    return this.#middle + this.random.integer(-5, 5);
  }
}
