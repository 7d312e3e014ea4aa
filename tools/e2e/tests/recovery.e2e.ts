import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { STREAMS, TABLES, type FillEvent, type OrderStatusEvent } from '@supernoba/protocol';
import { eventually, tempDir } from '@supernoba/testing';
import { loadOrders, place } from '../src/load.js';
import { readEvents } from './events.js';
import { startStack, type Stack } from './stack.js';

const ORDERS = 600;
const KILLS = 3;
const seed = Number(process.env['E2E_SEED'] ?? 20_261_122);

let stack: Stack;
const dataDir = tempDir('supernoba-e2e-');
beforeAll(async () => {
  stack = await startStack(dataDir);
});
afterAll(() => stack.stop());

async function everyEvent() {
  const statuses = await readEvents<OrderStatusEvent>(stack.kinesis, STREAMS.orderStatus.name, 'TEST');
  const fills = await readEvents<FillEvent>(stack.kinesis, STREAMS.fills.name, 'TEST');
  return { statuses, fills };
}

test(`an engine killed with -9 ${KILLS} times in the middle of a load keeps every order (seed ${seed})`, async () => {
  const { alice, bob } = stack.endpoints.tokens;
  const placed = loadOrders(ORDERS, seed, 'TEST');
  const accepted = new Set<string>();
  let kills = 0;
  for (const [index, { order_id, body }] of placed.entries()) {
    if (await place(stack.endpoints.http, index % 2 ? alice : bob, body)) accepted.add(order_id);
    if (kills < KILLS && index === Math.floor((ORDERS / (KILLS + 1)) * (kills + 1))) {
      const killed = stack.pid('engine');
      process.kill(killed, 'SIGKILL');
      kills += 1;
      await eventually(() => stack.pid('engine') !== killed, { timeoutMs: 20_000 });
    }
  }
  expect({ kills, accepted: accepted.size }).toEqual({ kills: KILLS, accepted: ORDERS });

  const { statuses, fills } = await eventually(
    async () => {
      const events = await everyEvent();
      const answered = new Set(events.statuses.map(({ order_id }) => order_id));
      return [...accepted].every((id) => answered.has(id)) && events;
    },
    { timeoutMs: 30_000, everyMs: 300 },
  );
  const seqs = [...statuses, ...fills].map(({ seq }) => seq).sort((a, b) => a - b);
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => index + 1));
  const answers = statuses.filter(({ status }) => status === 'ACCEPTED').map(({ order_id }) => order_id);
  expect(answers).toHaveLength(ORDERS);
  expect(new Set(answers)).toEqual(accepted);
  expect(fills.length).toBeGreaterThan(50);
  expect(fills.map(({ trade_id }) => trade_id)).toEqual(fills.map((_, index) => `TEST-${index + 1}`));

  const rows = await eventually(async () => {
    const { Items = [] } = await stack.dynamo.send(new ScanCommand({ TableName: TABLES.tradeHistory.name }));
    return Items.length >= fills.length && Items;
  });
  expect(rows.map((row) => Number(row['trade_no']?.N)).sort((a, b) => a - b)).toEqual(
    fills.map((_, index) => index + 1),
  );
  process.stdout.write(
    `e2e: ${ORDERS} orders, ${kills} kills, ${fills.length} fills, ${statuses.length} statuses, none lost or doubled\n`,
  );
}, 120_000);

test('stopped and started again, the exchange has its book, and trades go on from where they were', async () => {
  const depth = async () => {
    const answer = await fetch(`${stack.endpoints.http}/depth/TEST`);
    if (!answer.ok) throw new Error(`GET /depth/TEST: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { a: unknown; b: unknown; u: number };
  };
  const before = await eventually(depth);
  const lastTrade = (await everyEvent()).fills.length;
  await stack.stop();
  stack = await startStack(dataDir);
  const after = await eventually(depth);
  expect({ a: after.a, b: after.b }).toEqual({ a: before.a, b: before.b });

  const { alice, bob } = stack.endpoints.tokens;
  await place(stack.endpoints.http, alice, {
    symbol: 'TEST',
    order_id: 'again-1',
    is_buy: true,
    price: 5_000,
    quantity: 1_000_000,
  });
  await place(stack.endpoints.http, bob, {
    symbol: 'TEST',
    order_id: 'again-2',
    is_buy: false,
    price: 5_000,
    quantity: 1,
  });
  const { fills } = await eventually(async () => {
    const events = await everyEvent();
    return events.fills.some(({ seller }) => seller.order_id === 'again-2') && events;
  });
  expect(fills.length).toBeGreaterThan(lastTrade);
  expect(fills.map(({ trade_id }) => trade_id)).toEqual(fills.map((_, index) => `TEST-${index + 1}`));
});
