import { eventually } from '@supernoba/testing';
import type { FillEvent, OrderStatusEvent } from '@supernoba/protocol';
import { createEngine, type Engine } from '../src/engine.js';
import { buy, sell } from './support/orders.js';
import { stillTime } from './support/still-time.js';
import { FILLS, settings, Stack, STATUSES } from './support/stack.js';

const T0 = 1_733_896_438_267;

let stack: Stack;
let engine: Engine | undefined;

beforeEach(async () => {
  stack = await Stack.start({ orderShards: 2 });
});
afterEach(async () => {
  await engine?.stop();
  engine = undefined;
  await stack.stop();
});

test('orders in: statuses, fills, trade rows, depth, ticker, candle and trades out', async () => {
  engine = createEngine(stillTime(stack.ports(), T0), settings);
  await stack.send(sell('TEST', 's1', 101, 30), buy('TEST', 'b1', 101, 10));
  await engine.start();
  await stack.published();

  const fills = await stack.events<FillEvent>(FILLS);
  expect(fills).toEqual([
    {
      event: 'FILL',
      symbol: 'TEST',
      seq: 3,
      trade_id: 'TEST-1',
      price: 101,
      quantity: 10,
      timestamp: T0,
      buyer: { order_id: 'b1', user_id: 'alice', fully_filled: true, is_maker: false },
      seller: { order_id: 's1', user_id: 'bob', fully_filled: false, is_maker: true },
    },
  ]);
  const statuses = await stack.events<OrderStatusEvent>(STATUSES);
  expect(statuses.map(({ seq, n, order_id, status, open }) => [seq, n, order_id, status, open])).toEqual([
    [1, 1, 's1', 'ACCEPTED', 30],
    [2, 2, 'b1', 'ACCEPTED', 10],
    [4, 3, 's1', 'PARTIALLY_FILLED', 20],
    [5, 4, 'b1', 'FILLED', 0],
  ]);

  const t = T0;
  expect(JSON.parse((await stack.depth.get('depth:TEST')) ?? '')).toEqual({
    e: 'd',
    s: 'TEST',
    t,
    b: [],
    a: [[101, 20]],
    u: 5,
    p: 101,
    c: 0,
    yc: 0,
  });
  expect(JSON.parse((await stack.depth.get('ticker:TEST')) ?? '')).toEqual({
    e: 't',
    s: 'TEST',
    t,
    p: 101,
    c: 0,
    yc: 0,
    o: 101,
    h: 101,
    l: 101,
    v: 10,
  });
  const minute = '1733896380';
  expect(await stack.depth.hgetall('candle:1m:TEST')).toEqual({
    o: '101',
    h: '101',
    l: '101',
    c: '101',
    v: '10',
    t: minute,
    n: '1',
    q: '1',
  });
  expect(await stack.depth.lrange('trades:TEST', 0, -1)).toEqual([`[1,${t},101,10,true]`]);
  expect(await stack.depth.hgetall('md:TEST')).toMatchObject({ epoch: '1', seq: '5', q: '1' });
});

test('a second batch is one script call that goes on from the first', async () => {
  engine = createEngine(stillTime(stack.ports(), T0), settings);
  await engine.start();
  await stack.send(sell('TEST', 's1', 101, 30), buy('TEST', 'b1', 101, 10));
  await stack.published();
  const wholes = stack.counts.get('gaps');
  await stack.send(buy('TEST', 'b2', 101, 7), buy('TEST', 'b3', 99, 1));
  await stack.published();
  expect(stack.counts.get('gaps')).toBe(wholes);
  expect(await stack.depth.hgetall('candle:1m:TEST')).toMatchObject({ n: '2', q: '2', v: '17' });
  expect(await stack.depth.llen('trades:TEST')).toBe(2);
  expect(await eventually(() => stack.depth.get('depth:TEST').then((text) => text ?? undefined))).toContain(
    '"b":[[99,1]],"a":[[101,13]]',
  );
});
