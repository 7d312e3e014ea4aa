import { eventually } from '@supernoba/testing';
import { createEngine, type Engine } from '../src/engine.js';
import { PortError, type EnginePorts } from '../src/ports.js';
import { expectReplayEquality } from './support/expectations.js';
import { buy, randomFlow } from './support/orders.js';
import { replacing } from './support/replacing.js';
import { settings, Stack } from './support/stack.js';

const SYMBOLS = ['TEST', 'BTCUSD', 'A', 'B'];
const pushed = { ...settings, consumer: 'efo', pollMs: 100 } as const;

let stack: Stack;
let engine: Engine | undefined;

beforeEach(async () => {
  stack = await Stack.start({ orderShards: 1, kinesis: { subscriptionMs: 2_500 } });
});
afterEach(async () => {
  await engine?.stop();
  engine = undefined;
  await stack.stop();
});

/** Counts the polls of the orders stream. */
function counting(ports: EnginePorts): { ports: EnginePorts; polls: () => number } {
  let polls = 0;
  const kinesis = replacing(ports.kinesis, {
    records: (...args) => {
      polls++;
      return ports.kinesis.records(...args);
    },
  });
  return { ports: { ...ports, kinesis }, polls: () => polls };
}

const subscriptions = () => stack.counts.get('subscriptions') ?? 0;

test('a take-over polls for five seconds, then records are pushed; a subscription that ends is followed by the next', async () => {
  const { ports, polls } = counting(stack.ports());
  engine = createEngine(ports, pushed);
  await engine.start();
  await stack.send(...randomFlow(51, 40, SYMBOLS));
  await stack.published();
  expect(subscriptions()).toBe(0);
  await eventually(() => subscriptions() === 1, { timeoutMs: 10_000 });
  const before = polls();
  await stack.send(...randomFlow(52, 40, SYMBOLS));
  await stack.published();
  expect(polls() - before).toBeLessThanOrEqual(1);
  await eventually(() => subscriptions() === 3, { timeoutMs: 30_000 });
  for (const record of randomFlow(53, 60, SYMBOLS)) await stack.send(record);
  await stack.published();
  await expectReplayEquality(stack);
});

test('a reshard is followed from the push, and a stop does not wait for the next event', async () => {
  engine = createEngine(stack.ports(), pushed);
  await engine.start();
  await stack.send(...randomFlow(54, 40, SYMBOLS));
  await eventually(() => subscriptions() === 1, { timeoutMs: 20_000 });
  const [root] = await stack.openShards();
  await stack.split(root!);
  await stack.send(...randomFlow(55, 40, SYMBOLS));
  await stack.published();
  await eventually(() => subscriptions() >= 3, { timeoutMs: 30_000 });
  await expectReplayEquality(stack);
  const begun = performance.now();
  await engine.stop();
  expect(performance.now() - begun).toBeLessThan(2_500);
});

test('where there is no subscription the reader polls, and tries again', async () => {
  const { ports, polls } = counting(stack.ports());
  let away = true;
  const kinesis = replacing(ports.kinesis, {
    subscribe: (...args) =>
      away ? Promise.reject(new PortError('THROTTLED', 'LimitExceededException')) : ports.kinesis.subscribe(...args),
  });
  engine = createEngine({ ...ports, kinesis }, pushed);
  await engine.start();
  await eventually(() => stack.counts.get('retries subscription shardId-000000000000'), { timeoutMs: 20_000 });
  const before = polls();
  await stack.send(buy('TEST', 'b1', 90, 1));
  await stack.published();
  expect(polls()).toBeGreaterThan(before);
  away = false;
  await eventually(() => subscriptions() === 1, { timeoutMs: 20_000 });
  await stack.send(buy('TEST', 'b2', 90, 1));
  await stack.published();
  await expectReplayEquality(stack);
});
