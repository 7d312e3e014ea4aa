import { startDynamo, type TestDynamo } from '@supernoba/edge/testing';
import { TABLES, timeKey, type OwnFill } from '@supernoba/protocol';
import { createTradeReader, toPublicTrade } from '../src/index.js';
import { at, putTrades, START, trade } from './rows.js';

let dynamo: TestDynamo;
beforeAll(async () => {
  dynamo = await startDynamo(TABLES.tradeHistory);
  await putTrades(dynamo.client, [
    ...Array.from({ length: 70 }, (_, i) => trade('TEST', i + 1)),
    ...Array.from({ length: 20 }, (_, i) => trade('OTHER', i + 1, { buyer_user_id: 'carol', taker_is_buy: false })),
    trade('TEST', 71, { seller_user_id: 'alice' }),
    trade('TEST', 72, { timestamp: START + 71, buyer_user_id: 'carol' }),
  ]);
});
afterAll(() => dynamo.stop());

const reader = () => createTradeReader(at(dynamo.client, 'trade_history'));

test('trades of a symbol by time, newest first, in pages; two of one millisecond are two', async () => {
  const numbers: number[] = [];
  let before: string | undefined;
  do {
    const page = await reader().newest({
      symbol: 'TEST',
      limit: 9,
      from: START + 5,
      to: START + 71,
      ...(before === undefined ? {} : { before }),
    });
    numbers.push(...page.trades.map(({ trade_no }) => trade_no));
    before = page.next;
  } while (before !== undefined);
  expect(numbers).toEqual(Array.from({ length: 68 }, (_, i) => 72 - i));
  const [newest] = (await reader().newest({ symbol: 'TEST', limit: 1 })).trades;
  expect(toPublicTrade(newest!)).toEqual([72, START + 71, 172, 72, true]);
  const older = await reader().newest({ symbol: 'TEST', limit: 3, before: timeKey(START + 4, 4) });
  expect(older.trades.map(({ trade_no }) => trade_no)).toEqual([3, 2, 1]);
  expect(await reader().newest({ symbol: 'TEST', limit: 3, from: START + 9, to: START + 8 })).toEqual({ trades: [] });
});

test('fills of a user over all symbols: each side its own, a trade with oneself is two', async () => {
  const fills: OwnFill[] = [];
  let cursor: string | undefined;
  do {
    // Also cut between the two sides of one trade.
    const limit = fills.length < 3 ? 1 : 20;
    const page = await reader().fills({ userId: 'alice', limit, ...(cursor === undefined ? {} : { cursor }) });
    fills.push(...page.fills);
    cursor = page.cursor;
  } while (cursor !== undefined);
  expect(fills).toHaveLength(72);
  expect(fills.slice(0, 3).map(({ trade_id, side, is_maker }) => [trade_id, side, is_maker])).toEqual([
    ['TEST-71', 'SELL', true],
    ['TEST-71', 'BUY', false],
    ['TEST-70', 'BUY', false],
  ]);
  expect((await reader().fills({ userId: 'alice', limit: 500 })).fills).toEqual(fills);
  const bobs = await reader().fills({ userId: 'bob', limit: 2, symbol: 'OTHER', to: START + 10 });
  expect(bobs.fills).toEqual([
    {
      trade_id: 'OTHER-10',
      symbol: 'OTHER',
      side: 'SELL',
      order_id: 's-10',
      filled_qty: 10,
      filled_price: 110,
      timestamp: START + 10,
      seq: 30,
      is_maker: false,
    },
    expect.objectContaining({ trade_id: 'OTHER-9' }),
  ]);
  expect((await reader().fills({ userId: 'alic', limit: 9 })).fills).toEqual([]);
});

test('a page whose rows are nearly all left out ends within its bound and goes on where it ended', async () => {
  const found: string[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await reader().fills({
      userId: 'bob',
      symbol: 'NONE',
      limit: 1,
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.fills.map(({ trade_id }) => trade_id));
    cursor = page.cursor;
    expect(++pages).toBeLessThan(20);
  } while (cursor !== undefined);
  expect(found).toEqual([]);
});
