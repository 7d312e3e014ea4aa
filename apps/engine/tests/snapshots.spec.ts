import { eventually } from '@supernoba/testing';
import { createEngine, type Engine } from '../src/engine.js';
import { mortal } from './support/crash.js';
import { expectReplayEquality } from './support/expectations.js';
import { buy, cancel, randomFlow } from './support/orders.js';
import { settings, Stack } from './support/stack.js';

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

async function snapshotKeys(): Promise<string[]> {
  return stack.ports().objects.list('snapshots/');
}

test('snapshots and manifests that newer ones have replaced are deleted after their time; those in use stay', async () => {
  engine = createEngine(stack.ports(), { ...settings, snapshotIntervalMs: 100, snapshotKeepMs: 600 });
  await engine.start();
  await stack.send(buy('IDLE', 'i1', 90, 5));
  for (let round = 0; round < 8; round++) {
    await stack.send(buy('TEST', `b${round}`, 90, 5));
    await stack.published();
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  expect(stack.counts.get('snapshots')).toBeGreaterThan(4);
  const left = await eventually(
    async () => {
      const keys = await snapshotKeys();
      return keys.length === 3 ? keys : undefined;
    },
    { timeoutMs: 20_000 },
  );
  expect(left.map((key) => key.replace(/^.*?\/(symbol=\w+|manifests)\/.*$/, '$1')).sort()).toEqual([
    'manifests',
    'symbol=IDLE',
    'symbol=TEST',
  ]);
  await engine.stop();
  engine = createEngine(stack.ports(), settings);
  await engine.start();
  await stack.send(cancel('IDLE', 'i1'), cancel('TEST', 'b3'));
  await stack.published();
  await expectReplayEquality(stack);
});

test('what an engine that died left behind is deleted by the next owner', async () => {
  const body = mortal(stack.ports());
  const doomed = createEngine(body.ports, { ...settings, snapshotIntervalMs: 100 });
  await doomed.start();
  for (let round = 0; round < 6; round++) {
    await stack.send(buy('TEST', `b${round}`, 90, 5));
    await stack.published();
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  body.die();
  const before = await snapshotKeys();
  expect(before.length).toBeGreaterThan(6);
  engine = createEngine(stack.ports(), { ...settings, snapshotKeepMs: 300 });
  await engine.start();
  await eventually(async () => (await snapshotKeys()).length <= 4, { timeoutMs: 20_000 });
  await stack.send(...randomFlow(71, 20, ['TEST']));
  await stack.published();
  await expectReplayEquality(stack);
});
