import { startDynamo, type TestDynamo } from '@supernoba/edge/testing';
import { TABLES, type OrderStatusEvent } from '@supernoba/protocol';
import { createOrderReader, createOrderWriter, foldOrders } from '../src/index.js';
import { at, START, status } from './rows.js';

let dynamo: TestDynamo;
beforeAll(async () => {
  dynamo = await startDynamo(TABLES.orderHistory);
});
afterAll(() => dynamo.stop());

const table = () => at(dynamo.client, 'order_history');
/** Each run of events is one delivery. */
async function deliver(...runs: OrderStatusEvent[][]): Promise<void> {
  const writer = createOrderWriter(table());
  for (const run of runs) expect(await writer.write(foldOrders(run))).toEqual([]);
}
const read = (user: string, id: string, symbol = 'TEST') => createOrderReader(table()).get(user, symbol, id);
/** Ids of their own for each test. */
let ids = 0;
const newId = () => `order-${++ids}`;

test('an order ends as its last status says, and keeps the time at which it was placed', async () => {
  const order_id = newId();
  await deliver(
    [status(1, 'ACCEPTED', { order_id, request_id: 'r-1' })],
    [status(3, 'PARTIALLY_FILLED', { order_id, filled: 4, open: 6 })],
    [status(9, 'CANCELLED', { order_id, filled: 4, open: 0, reason: 'HALTED', request_id: 'r-2' })],
  );
  expect(await read('alice', order_id)).toEqual({
    symbol: 'TEST',
    order_id,
    status: 'CANCELLED',
    reason: 'HALTED',
    is_buy: true,
    order_type: 'LIMIT',
    price: 150,
    quantity: 10,
    filled: 4,
    open: 0,
    placed_at: START + 1,
    updated_at: START + 9,
    seq: 9,
    request_id: 'r-2',
  });
});

test('one delivery or many, repeats and late deliveries: the same row', async () => {
  const life = (order_id: string) => [
    status(1, 'ACCEPTED', { order_id, request_id: 'r-1' }),
    status(2, 'REPLACED', { order_id, quantity: 12, open: 12, request_id: 'r-2' }),
    status(5, 'FILLED', { order_id, quantity: 12, filled: 12, open: 0 }),
  ];
  const deliveries: ((events: OrderStatusEvent[]) => OrderStatusEvent[][])[] = [
    (events) => [events],
    (events) => events.map((event) => [event]),
    (events) => [events, events, events.slice(0, 1)],
    ([a, b, c]) => [[a!, b!], [a!], [b!, c!], [a!, b!]],
    ([a, b, c]) => [[c!], [a!, b!], [a!, b!, c!]],
  ];
  for (const split of deliveries) {
    const order_id = newId();
    await deliver(...split(life(order_id)));
    expect(await read('alice', order_id)).toMatchObject({ status: 'FILLED', seq: 5, placed_at: START + 1, filled: 12 });
    const [row] = (await dynamo.rows('order_history')).filter(({ pk }) => pk?.S === `TEST#${order_id}`);
    expect(row).not.toHaveProperty('open_key');
    expect(row).not.toHaveProperty('request_id');
  }
});

test.each(['DUPLICATE', 'REPLACE_REJECTED', 'CANCEL_REJECTED'] as const)(
  'a %s answers a request: the order keeps its state, and a stranger’s leaves no row',
  async (name) => {
    const order_id = newId();
    await deliver(
      [status(1, 'ACCEPTED', { order_id })],
      [status(2, name, { order_id, user_id: 'mallory', quantity: 0, open: 0 })],
    );
    expect(await read('alice', order_id)).toMatchObject({ status: 'ACCEPTED', seq: 1 });
    const unknown = newId();
    await deliver([status(3, name, { order_id: unknown })]);
    expect(await read('alice', unknown)).toBeUndefined();
  },
);

test('a refused ADD is a row of its own, but never the state of an order of that id, in whatever order they come', async () => {
  const refused = (order_id: string, seq: number) =>
    status(seq, 'REJECTED', { order_id, user_id: 'mallory', reason: 'BAD_ORDER', price: 0, quantity: 0, open: 0 });
  const alone = newId();
  await deliver([refused(alone, 1)]);
  expect(await read('mallory', alone)).toMatchObject({ status: 'REJECTED', reason: 'BAD_ORDER' });

  for (const runs of [
    (id: string) => [[status(1, 'ACCEPTED', { order_id: id })], [refused(id, 2)]],
    (id: string) => [[refused(id, 2)], [status(1, 'ACCEPTED', { order_id: id })]],
    (id: string) => [[refused(id, 1), status(4, 'ACCEPTED', { order_id: id }), refused(id, 5)]],
    (id: string) => [[refused(id, 1)], [status(4, 'ACCEPTED', { order_id: id })], [refused(id, 1)], [refused(id, 5)]],
  ]) {
    const order_id = newId();
    await deliver(...runs(order_id));
    expect(await read('mallory', order_id)).toBeUndefined();
    const found = await read('alice', order_id);
    expect(found).toMatchObject({ status: 'ACCEPTED', open: 10 });
    expect(found?.placed_at).toBe(found?.updated_at);
    expect(found).not.toHaveProperty('reason');
  }
});

test('an id that is used again after its window is a new order; one that a restored snapshot brings back is the old one', async () => {
  const again = newId();
  await deliver(
    [status(1, 'ACCEPTED', { order_id: again }), status(2, 'CANCELLED', { order_id: again, open: 0 })],
    [status(90, 'ACCEPTED', { order_id: again, price: 170 })],
  );
  expect(await read('alice', again)).toMatchObject({ status: 'ACCEPTED', price: 170, placed_at: START + 90 });
  const back = newId();
  await deliver(
    [status(1, 'ACCEPTED', { order_id: back })],
    [status(2, 'CANCELLED', { order_id: back, open: 0 })],
    [status(7, 'ACCEPTED', { order_id: back, reason: 'RESTORED' })],
  );
  expect(await read('alice', back)).toMatchObject({ status: 'ACCEPTED', placed_at: START + 1, updated_at: START + 7 });
});

test('orders are their owner’s alone', async () => {
  const order_id = newId();
  await deliver([status(1, 'ACCEPTED', { order_id })]);
  expect(await read('bob', order_id)).toBeUndefined();
  expect(await read('alice', order_id, 'OTHER')).toBeUndefined();
});

test('open orders and all orders come in pages, newest first, without a gap or a repeat', async () => {
  const user_id = 'pager';
  const events = Array.from({ length: 30 }, (_, i) => {
    const symbol = i % 3 === 0 ? 'BBB' : 'AAA';
    // Two symbols share milliseconds and numbers: their keys still differ.
    const seq = symbol === 'BBB' ? i / 3 + 1 : i - Math.floor(i / 3);
    const isOver = i % 5 === 0;
    return status(seq, isOver ? 'FILLED' : 'ACCEPTED', { symbol, user_id, order_id: `p-${i}`, open: isOver ? 0 : 10 });
  });
  await deliver(events);
  const reader = createOrderReader(table());
  const all = async (query: { isOpen: boolean; symbol?: string; from?: number; to?: number; limit: number }) => {
    const orders = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await reader.list({ userId: user_id, ...query, ...(cursor === undefined ? {} : { cursor }) });
      expect(page.orders.length).toBeLessThanOrEqual(query.limit);
      orders.push(...page.orders);
      cursor = page.cursor;
      expect(++pages).toBeLessThan(200);
    } while (cursor !== undefined);
    return orders;
  };
  const idsOf = (orders: { order_id: string }[]) => orders.map(({ order_id }) => order_id).sort();
  const wanted = (pick: (event: OrderStatusEvent) => boolean) => idsOf(events.filter(pick));
  for (const limit of [2, 7, 500]) {
    const orders = await all({ isOpen: false, limit });
    expect(idsOf(orders)).toEqual(wanted(() => true));
    const times = orders.map(({ placed_at }) => placed_at);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(idsOf(await all({ isOpen: true, limit }))).toEqual(wanted(({ status: s }) => s === 'ACCEPTED'));
    expect(idsOf(await all({ isOpen: true, symbol: 'BBB', limit }))).toEqual(
      wanted(({ status: s, symbol }) => s === 'ACCEPTED' && symbol === 'BBB'),
    );
    expect(idsOf(await all({ isOpen: false, symbol: 'AAA', from: START + 3, to: START + 9, limit }))).toEqual(
      wanted(({ symbol, timestamp }) => symbol === 'AAA' && timestamp >= START + 3 && timestamp <= START + 9),
    );
  }
  const onlyOpen = await all({ isOpen: true, symbol: 'AAA', limit: 500 });
  const times = onlyOpen.map(({ placed_at }) => placed_at);
  expect(times).toEqual([...times].sort((a, b) => b - a));
});

test('a cursor that somebody made up moves nothing but the place', async () => {
  const reader = createOrderReader(table());
  for (const cursor of ['0', '~', 'alice#3', '9999999999999#0000000000000000#AAA', 'x'.repeat(64)]) {
    const { orders } = await reader.list({ userId: 'nobody', isOpen: true, limit: 10, cursor });
    expect(orders).toEqual([]);
  }
});

test('repairing writes a damaged row again, and never an older state', async () => {
  const order_id = newId();
  const placed = status(1, 'ACCEPTED', { order_id });
  const filled = status(2, 'FILLED', { order_id, filled: 10, open: 0 });
  await deliver([placed, filled]);
  await createOrderWriter(table(), { repair: true }).write(foldOrders([placed]));
  expect(await read('alice', order_id)).toMatchObject({ status: 'FILLED' });
  await createOrderWriter(table(), { repair: true }).write(foldOrders([placed, { ...filled, filled: 9 }]));
  expect(await read('alice', order_id)).toMatchObject({ filled: 9 });
  await deliver([placed, filled]);
  expect(await read('alice', order_id)).toMatchObject({ filled: 9 });
  await createOrderWriter(table(), { repair: true }).write(foldOrders([placed, filled]));
  expect(await read('alice', order_id)).toMatchObject({ filled: 10 });
});

test('a table that is not there is a failure of every change', async () => {
  const changes = foldOrders([status(1, 'ACCEPTED', { order_id: newId() })]);
  const failures = await createOrderWriter(at(dynamo.client, 'no_such_table')).write(changes);
  expect(failures).toEqual([
    { change: changes[0], error: expect.objectContaining({ name: 'ResourceNotFoundException' }) },
  ]);
});
