import type { ExchangeEvent, FillEvent, OrderStatusEvent } from '@supernoba/protocol';
import { compare } from './compare.js';
import { planOrders } from './plan.js';
import type { TapeRow } from './tape.js';

const rows: TapeRow[] = [
  {
    i: 0,
    ops: [{ op: 'add', id: 'm', side: 'sell', price: 101, qty: 5 }],
    snap: { bids: [], asks: [[101, 5]], agrees: 'top5' },
  },
  {
    i: 1,
    ops: [{ op: 'add', id: 't', side: 'buy', price: 102, qty: 3 }],
    fills: [['m', 101, 3]],
    snap: { bids: [], asks: [[101, 2]], agrees: 'top1' },
  },
  { i: 2, ops: [{ op: 'cancel', id: 'm' }], snap: { bids: [[7, 7]], asks: [], agrees: 'no' } },
];
const status = (seq: number, order: string, request: number, fields: Partial<OrderStatusEvent>): OrderStatusEvent => ({
  event: 'ORDER_STATUS',
  symbol: 'TEST',
  seq,
  n: seq,
  order_id: `r-${order}`,
  user_id: 'u',
  status: 'ACCEPTED',
  timestamp: 1,
  is_buy: false,
  order_type: 'LIMIT',
  price: 101,
  quantity: 5,
  filled: 0,
  open: 5,
  request_id: `r-q${request}`,
  ...fields,
});
const fill: FillEvent = {
  event: 'FILL',
  symbol: 'TEST',
  seq: 3,
  trade_id: 'TEST-1',
  price: 101,
  quantity: 3,
  timestamp: 1,
  buyer: { order_id: 'r-t', user_id: 'u', fully_filled: true, is_maker: false },
  seller: { order_id: 'r-m', user_id: 'u', fully_filled: false, is_maker: true },
};
const events: ExchangeEvent[] = [
  status(1, 'm', 0, {}),
  status(2, 't', 1, { is_buy: true, price: 102, quantity: 3, open: 3 }),
  fill,
  status(4, 'm', 0, { status: 'PARTIALLY_FILLED', filled: 3, open: 2 }),
  status(5, 't', 1, { status: 'FILLED', filled: 3, open: 0 }),
  status(6, 'm', 2, { status: 'CANCELLED', filled: 3, open: 0 }),
];

test('a run that did what the tape says has every trade and every book', () => {
  expect(compare(planOrders(rows, 'TEST', 'r', 1), events, 'r')).toEqual({
    expectedTrades: 1,
    exactTrades: 1,
    snapshots: 2,
    levels: 2,
    bids: [],
    asks: [],
  });
});

test('a wrong price, a missing fill and a wrong book are each seen', () => {
  const orders = planOrders(rows, 'TEST', 'r', 1);
  expect(
    compare(
      orders,
      events.map((event) => (event === fill ? { ...fill, price: 102 } : event)),
      'r',
    ),
  ).toMatchObject({ exactTrades: 0 });
  expect(
    compare(
      orders,
      events.filter((event) => event !== fill),
      'r',
    ),
  ).toMatchObject({
    exactTrades: 0,
    firstDifference: 'after operation 1 the asks are [[101,5]], the tape has [[101,2]]',
  });
});
