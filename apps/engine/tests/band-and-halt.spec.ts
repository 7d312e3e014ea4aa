import type { DepthFrame, OrderStatusEvent, SymbolConfig, SymbolRecord } from '@supernoba/protocol';
import { eventually } from '@supernoba/testing';
import { createEngine, type Engine } from '../src/engine.js';
import { buy, sell } from './support/orders.js';
import { settings, Stack, STATUSES } from './support/stack.js';

let stack: Stack;
let engine: Engine | undefined;

beforeEach(async () => {
  stack = await Stack.start();
});
afterEach(async () => {
  await engine?.stop();
  engine = undefined;
  await stack.stop();
});

function configured(config: SymbolConfig): SymbolRecord {
  return { action: 'SYMBOL', op: 'CONFIG', symbol: 'TEST', request_id: 'r1', actor: 'root', config };
}

async function answers(): Promise<string[]> {
  await stack.published();
  const events = await stack.events<OrderStatusEvent>(STATUSES);
  return events.map(({ order_id, status, reason = '' }) => `${order_id} ${status} ${reason}`.trimEnd());
}

const depth = async () => JSON.parse((await stack.depth.get('depth:TEST')) ?? '{}') as Partial<DepthFrame>;

// The earlier system let a market sell pass under every band.
test('regression: outside a configured band nothing trades and nothing rests, market orders included', async () => {
  engine = createEngine(stack.ports(), settings);
  await engine.start();
  await stack.send(
    buy('TEST', 'deep', 850, 5),
    configured({ reference_price: 1_000, price_band_bps: 1_000 }),
    buy('TEST', 'high', 1_101, 1),
    buy('TEST', 'edge', 900, 1),
    sell('TEST', 'sweep', 0, 5, { order_type: 'MARKET' }),
  );
  expect(await answers()).toEqual([
    'deep ACCEPTED',
    'high REJECTED PRICE_BAND',
    'edge ACCEPTED',
    'sweep ACCEPTED',
    'edge FILLED',
    'sweep CANCELLED PRICE_BAND',
  ]);
});

// The earlier system took the shock price for the reference, and left an idle symbol halted for ever.
test('regression: a halt ends by its timer in an idle symbol, and readers of the depth see both', async () => {
  engine = createEngine(stack.ports(), settings);
  await engine.start();
  await stack.send(
    configured({ reference_price: 1_000, halt_threshold_bps: 500, halt_duration_ms: 300 }),
    sell('TEST', 's1', 1_040, 1),
    sell('TEST', 's2', 1_060, 5),
    buy('TEST', 'shock', 1_060, 3),
    buy('TEST', 'late', 1_000, 1),
  );
  expect(await answers()).toEqual([
    's1 ACCEPTED',
    's2 ACCEPTED',
    'shock ACCEPTED',
    's1 FILLED',
    'shock CANCELLED HALTED',
    'late REJECTED HALTED',
  ]);
  await eventually(async () => (await depth()).state === 'halted');
  await eventually(async () => (await depth()).state === undefined, { timeoutMs: 10_000 });
  // From 1,040, the last trade, 1,060 is within 5 %.
  await stack.send(buy('TEST', 'again', 1_060, 2));
  expect((await answers()).slice(-3)).toEqual(['again ACCEPTED', 's2 PARTIALLY_FILLED', 'again FILLED']);
});
