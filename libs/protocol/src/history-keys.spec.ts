import { ORDER_PARTITIONS, TRADE_PARTITIONS } from './storage.js';
import { orderKeys, orderPartitions, timeKey, tradeKeys, tradePartitions } from './history-keys.js';

const trade = (tradeNo: number, timestamp = 1_733_896_438_267) =>
  tradeKeys('TEST', { tradeNo, timestamp, buyerUserId: 'alice', sellerUserId: 'bob' });

test('the keys of a trade name it, and sort by time and then by number', () => {
  expect(trade(17)).toEqual({
    pk: 'TEST#1',
    trade_no: 17,
    ts_no: '1733896438267#0000000000000017',
    ts_symbol: '1733896438267#0000000000000017#TEST',
    buyer_pk: 'alice#1',
    seller_pk: 'bob#1',
  });
  const keys = [timeKey(999, 1e15), timeKey(1_000, 9), timeKey(1_000, 10), timeKey(1_733_896_438_267, 1)];
  expect([...keys].sort()).toEqual(keys);
});

test('every trade and every order lies in one of the partitions that a reader asks', () => {
  const seen = { symbol: new Set<string>(), buyer: new Set<string>(), user: new Set<string>() };
  for (let no = 1; no <= 500; no++) {
    const { pk, buyer_pk } = trade(no);
    seen.symbol.add(pk);
    seen.buyer.add(buyer_pk);
    seen.user.add(orderKeys('TEST', { orderId: `ord-${no}`, userId: 'alice', placedAt: 1, placedSeq: no }).user_pk);
  }
  expect([...seen.symbol].sort()).toEqual(tradePartitions('TEST').sort());
  expect([...seen.buyer].sort()).toEqual(tradePartitions('alice').sort());
  expect([...seen.user].sort()).toEqual(orderPartitions('alice').sort());
  expect([seen.symbol.size, seen.user.size]).toEqual([TRADE_PARTITIONS, ORDER_PARTITIONS]);
});

test('the row of an order is found by symbol and id; its places in the lists do not depend on the state', () => {
  const keys = orderKeys('TEST', { orderId: 'my-1', userId: 'alice', placedAt: 1_733_896_438_267, placedSeq: 41 });
  expect(keys).toMatchObject({
    pk: 'TEST#my-1',
    placed: '1733896438267#0000000000000041#TEST',
    open_key: 'TEST#1733896438267#0000000000000041',
  });
});
