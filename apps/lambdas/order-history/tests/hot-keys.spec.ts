import { foldOrders, orderRow } from '@supernoba/history';
import {
  orderKeys,
  tradeId,
  tradeKeys,
  type ExchangeEvent,
  type FillEvent,
  type OrderStatusEvent,
} from '@supernoba/protocol';

/**
 * One second at 5,000 trades/s of one symbol, in which one market maker is a side of every trade: what DynamoDB writes a
 * partition key. It takes 1,000 units a second of one (rows up to 1 KB are one unit).
 */
const TRADES = 5_000;
const MAX_UNITS = 1_000;
const SYMBOL = 'HOT';
const MAKER = '7b0f9a52-6d2e-4a7e-9a4a-6f2f1c0e8d11';
/** Lambda calls in the second: 5 a second of each of the status stream's shards would be slow already. */
const CALLS = 10;

class Units {
  readonly #ofKey = new Map<string, number>();
  total = 0;

  write(table: string, key: string, count = 1): void {
    const name = `${table} ${key}`;
    this.#ofKey.set(name, (this.#ofKey.get(name) ?? 0) + count);
    this.total += count;
  }

  hottest(): [string, number] {
    return [...this.#ofKey].reduce((most, entry) => (entry[1] > most[1] ? entry : most));
  }
}

const uuid = (i: number) => `01900000-0000-7000-8000-${i.toString(16).padStart(12, '0')}`;

function status(seq: number, orderId: string, userId: string, name: OrderStatusEvent['status']): OrderStatusEvent {
  return {
    event: 'ORDER_STATUS',
    symbol: SYMBOL,
    seq,
    n: seq,
    order_id: orderId,
    user_id: userId,
    status: name,
    timestamp: 1_733_896_438_000 + Math.floor((seq * 1000) / (6 * TRADES)),
    is_buy: true,
    order_type: 'LIMIT',
    price: 150,
    quantity: 10,
    filled: name === 'FILLED' ? 10 : 0,
    open: name === 'FILLED' ? 0 : 10,
    request_id: `req_${orderId}`,
  };
}

/** Each trade: a fresh order of the maker, a taker's that takes it whole. All events as the engine numbers them. */
function second(makerOrder: (trade: number) => string): ExchangeEvent[] {
  const events: ExchangeEvent[] = [];
  for (let no = 1; no <= TRADES; no++) {
    const [maker, taker] = [makerOrder(no), `ord_${uuid(no)}`];
    const user = `user-${no % 997}`;
    const seq = 6 * no;
    events.push(status(seq, maker, MAKER, 'ACCEPTED'), status(seq + 1, taker, user, 'ACCEPTED'));
    events.push({ event: 'FILL', symbol: SYMBOL, seq: seq + 2, trade_id: tradeId(SYMBOL, no) } as FillEvent);
    events.push(status(seq + 3, maker, MAKER, 'FILLED'), status(seq + 4, taker, user, 'FILLED'));
  }
  return events;
}

/** What `order_history` and its two indexes write: the row; `by_user` follows every change; `open_by_user` comes and goes. */
function orderUnits(events: readonly ExchangeEvent[]): Units {
  const units = new Units();
  const size = Math.ceil(events.length / CALLS);
  const open = new Set<string>();
  for (let from = 0; from < events.length; from += size) {
    for (const change of foldOrders(events.slice(from, from + size))) {
      const { last, first } = change;
      const source = { orderId: last.order_id, userId: last.user_id, placedAt: first.timestamp, placedSeq: first.seq };
      const { pk, user_pk } = orderKeys(SYMBOL, source);
      units.write('order_history', pk);
      units.write('by_user', user_pk);
      const isOpen = last.open > 0;
      if (isOpen || open.has(pk)) units.write('open_by_user', user_pk);
      if (isOpen) open.add(pk);
      else open.delete(pk);
    }
  }
  return units;
}

test('order_history: neither a hot symbol nor a market maker comes near a partition’s limit', () => {
  const units = orderUnits(second((trade) => `mm-${trade}`));
  expect(units.total).toBeGreaterThan(2 * TRADES);
  const [key, hottest] = units.hottest();
  expect(`${key}: ${hottest <= MAX_UNITS / 2}`).toBe(`${key}: true`);
});

test('order_history: one resting order that every trade hits is written once a call', () => {
  const events = second((trade) => `mm-${trade}`).map((event) =>
    event.event === 'ORDER_STATUS' && event.user_id === MAKER ? { ...event, order_id: 'wall' } : event,
  );
  const wall = foldOrders(events.slice(0, events.length / CALLS)).filter(({ last }) => last.order_id === 'wall');
  expect(wall).toHaveLength(1);
  expect(orderUnits(events).hottest()[1]).toBeLessThanOrEqual(MAX_UNITS / 2);
});

test('order ids that a client numbers, names or draws spread over the partitions of its user', () => {
  for (const name of [(i: number) => `o${i}`, (i: number) => `ord_${uuid(i)}`, (i: number) => `${i * 16}-x`, uuid]) {
    const counts = new Map<string, number>();
    for (let i = 0; i < 16_000; i++) {
      const { user_pk } = orderKeys(SYMBOL, { orderId: name(i), userId: MAKER, placedAt: 1, placedSeq: 1 });
      counts.set(user_pk, (counts.get(user_pk) ?? 0) + 1);
    }
    expect(counts.size).toBe(16);
    expect(Math.max(...counts.values())).toBeLessThan(1_500);
  }
});

test('trade_history: neither a hot symbol nor a market maker comes near a partition’s limit', () => {
  const units = new Units();
  for (let tradeNo = 1; tradeNo <= TRADES; tradeNo++) {
    const buyer = tradeNo % 2 === 0 ? MAKER : `user-${tradeNo % 997}`;
    const seller = tradeNo % 2 === 0 ? `user-${tradeNo % 997}` : MAKER;
    const timestamp = 1_733_896_438_000 + Math.floor(tradeNo / 5);
    const keys = tradeKeys(SYMBOL, { tradeNo, timestamp, buyerUserId: buyer, sellerUserId: seller });
    units.write('trade_history', keys.pk);
    units.write('by_time', keys.pk);
    units.write('by_buyer', keys.buyer_pk);
    units.write('by_seller', keys.seller_pk);
  }
  expect(units.total).toBe(4 * TRADES);
  const [key, hottest] = units.hottest();
  expect(`${key}: ${hottest <= MAX_UNITS / 2}`).toBe(`${key}: true`);
});

test('a row of an order is one unit even with the longest names', () => {
  const longest = status(Number.MAX_SAFE_INTEGER, 'o'.repeat(64), 'u'.repeat(128), 'PARTIALLY_FILLED');
  const event = {
    ...longest,
    symbol: 'S'.repeat(32),
    request_id: 'r'.repeat(64),
    reason: 'POST_ONLY_WOULD_TAKE' as const,
  };
  const row = orderRow({ last: event, first: event, isPlaced: true, from: 0 });
  const bytes = Object.entries({ ...row, open_key: `${'S'.repeat(32)}#${'0'.repeat(30)}` }).reduce(
    (sum, [name, value]) => sum + name.length + String(value).length,
    0,
  );
  expect(bytes).toBeLessThanOrEqual(1024);
});
