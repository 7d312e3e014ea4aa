import { BatchWriteItemCommand, ScanCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { STREAMS, TABLES } from '@supernoba/protocol';
import { eventually } from '@supernoba/testing';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { readEvents } from './events.js';
import { startStack, type Stack } from './stack.js';

const main = join(__dirname, '..', '..', 'rebuild', 'dist', 'main.mjs');
const TRADES = TABLES.tradeHistory.name;
const ORDERS = TABLES.orderHistory.name;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

type Row = Record<string, AttributeValue>;
async function rows(table: string): Promise<Row[]> {
  const { Items = [] } = await stack.dynamo.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
  return Items.sort((a, b) => (JSON.stringify(keyOf(table, a)) < JSON.stringify(keyOf(table, b)) ? -1 : 1));
}
function keyOf(table: string, { pk, trade_no }: Row): Row {
  return table === TRADES ? { pk: pk!, trade_no: trade_no! } : { pk: pk! };
}
async function empty(table: string): Promise<void> {
  const deletions = (await rows(table)).map((row) => ({ DeleteRequest: { Key: keyOf(table, row) } }));
  for (let first = 0; first < deletions.length; first += 25) {
    const RequestItems = { [table]: deletions.slice(first, first + 25) };
    await stack.dynamo.send(new BatchWriteItemCommand({ RequestItems }));
  }
}
/** Runs the command as npm does; the AWS variables of this process say which exchange. */
async function rebuild(...args: string[]): Promise<{ code: number | null; written: number | undefined }> {
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  const child = spawn(process.execPath, [main, ...args, '--json'], { stdio, env: { ...process.env } });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const { results } = JSON.parse(out.trim().split('\n').at(-1)!) as { results: { metric: string; value: number }[] };
  return { code, written: results.find(({ metric }) => metric === 'written')?.value };
}

test('histories that were lost come back out of the journal, row by row the same, and a rebuild of whole ones changes nothing', async () => {
  const [alice, bob] = [stack.client('alice'), stack.client('bob')];
  for (let i = 0; i < 12; i++) {
    await bob.placeOrder({ symbol: 'TEST', order_id: `ask-${i}`, side: 'SELL', price: 100 + i, quantity: 3 });
    await alice.placeOrder({ symbol: 'TEST', order_id: `bid-${i}`, side: 'BUY', price: 99 + i, quantity: 2 });
  }
  await alice.placeOrder({ symbol: 'TEST', order_id: 'sweep', side: 'BUY', price: 105, quantity: 9 });
  await bob.cancelOrder({ symbol: 'TEST', order_id: 'ask-11' });
  await alice.placeOrder({ symbol: 'TEST', order_id: 'sweep', side: 'BUY', price: 1, quantity: 1 });
  const last = await bob.placeOrder({ symbol: 'TEST', order_id: 'last', side: 'SELL', price: 500, quantity: 1 });
  await eventually(() => bob.getOrder({ symbol: 'TEST', order_id: last.order_id }), { timeoutMs: 20_000 });
  await eventually(async () => (await rows(ORDERS)).length === 26);
  await eventually(
    async () => (await rows(TRADES)).length === (await readEvents(stack.kinesis, STREAMS.fills.name, 'TEST')).length,
  );

  const before = { trades: await rows(TRADES), orders: await rows(ORDERS) };
  expect(before.trades.length).toBeGreaterThan(5);
  await Promise.all([empty(TRADES), empty(ORDERS)]);
  expect(await rows(ORDERS)).toEqual([]);
  expect(await rebuild('history')).toEqual({ code: 0, written: before.trades.length });
  expect(await rebuild('orders', '--symbol', 'TEST')).toEqual({ code: 0, written: before.orders.length });
  expect({ trades: await rows(TRADES), orders: await rows(ORDERS) }).toEqual(before);

  expect((await rebuild('history', '--symbol', 'BTCUSD')).written).toBe(0);
  expect((await rebuild('orders', '--to', '1')).written).toBe(0);
  expect(await rebuild('orders')).toMatchObject({ code: 0 });
  expect({ trades: await rows(TRADES), orders: await rows(ORDERS) }).toEqual(before);
}, 120_000);

test('what cannot be done ends with 1 or 2 and says why', async () => {
  expect((await rebuild('ledgers')).code).toBe(1);
  expect((await rebuild('candles', '--symbol', 'NONE')).code).toBe(1);
  expect((await rebuild('orders', '--from', 'noon')).code).toBe(1);
});
