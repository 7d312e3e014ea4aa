import type { Candle } from '@supernoba/candles';
import { candleObjectKey, tradeObjectKey, type TradeRecord } from '@supernoba/market-history';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { openRoom, type Room } from './support/room.js';

let room: Room;
beforeAll(async () => {
  room = await openRoom();
});
afterAll(() => room.stop());

const DAY = Date.UTC(2025, 11, 14) / 1000;
const candle = (t: number, v = 1n): Candle => ({ t, o: 5, h: 5, l: 5, c: 5, v, n: 1, q: t });
const trade = (trade_no: number, timestamp: number): TradeRecord => ({
  trade_no,
  trade_id: `TEST-${trade_no}`,
  seq: trade_no,
  timestamp,
  price: 5,
  quantity: 1,
  taker_is_buy: true,
  buyer_order_id: 'b',
  buyer_user_id: 'u',
  seller_order_id: 's',
  seller_user_id: 'w',
});

test('rows that many writers add to one object at once are all there, in order', async () => {
  const starts = Array.from({ length: 6 }, (_, index) => DAY + index * 60);
  await Promise.all(starts.map((t) => room.stores.archive.addCandles('BUSY', '1m', [candle(t)])));
  const lines = await room.stores.archive.lines(candleObjectKey('BUSY', '1m', DAY), 't');
  expect(lines.map((line) => (JSON.parse(line) as { t: number }).t)).toEqual(starts);
});

test('the same rows are the same object, byte for byte, in whatever pieces they came', async () => {
  const rows = Array.from({ length: 20 }, (_, index) => candle(DAY + index * 60, 10n ** 17n + BigInt(index)));
  await room.stores.archive.addCandles('ONCE', '1m', rows);
  for (const first of [10, 0]) await room.stores.archive.addCandles('PIECES', '1m', rows.slice(first, first + 10));
  await room.stores.archive.addCandles('PIECES', '1m', rows);
  const [once, pieces] = await Promise.all(
    ['ONCE', 'PIECES'].map((symbol) => room.object(candleObjectKey(symbol, '1m', DAY))),
  );
  expect(createHash('sha256').update(pieces!).digest('hex')).toBe(createHash('sha256').update(once!).digest('hex'));
  // No time and no operating system in the header.
  expect([...once!.subarray(4, 10)]).toEqual([0, 0, 0, 0, 2, 255]);
  expect(gunzipSync(once!).toString().split('\n')[0]).toBe(
    `{"t":${DAY},"o":5,"h":5,"l":5,"c":5,"v":"100000000000000000","n":1,"q":${DAY}}`,
  );
});

test('a block of trades that midnight cuts lies in the folders of both days', async () => {
  const midnight = (DAY + 86_400) * 1000;
  const rows = [trade(9_999, midnight - 1), trade(10_000, midnight), trade(10_001, midnight + 1)];
  await room.stores.archive.addTrades('TEST', rows);
  const keys = rows.map((row) => tradeObjectKey('TEST', row));
  expect(keys).toEqual([
    'trades/symbol=TEST/year=2025/month=12/day=14/0000000000000001.jsonl.gz',
    'trades/symbol=TEST/year=2025/month=12/day=15/0000000000000001.jsonl.gz',
    'trades/symbol=TEST/year=2025/month=12/day=15/0000000000010001.jsonl.gz',
  ]);
  for (const [index, key] of keys.entries()) {
    const lines = await room.stores.archive.lines(key, 'trade_no');
    expect(lines.map((line) => JSON.parse(line) as TradeRecord)).toEqual([rows[index]]);
  }
});

test('an object that is none of ours is not taken for an empty one', async () => {
  const key = candleObjectKey('ALIEN', '1m', DAY);
  await room.putObject(key, 'no gzip');
  await expect(room.stores.archive.addCandles('ALIEN', '1m', [candle(DAY)])).rejects.toMatchObject({ code: 'BAD_ROW' });
  expect((await room.object(key)).toString()).toBe('no gzip');
});
