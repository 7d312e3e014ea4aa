import { eventually } from '@supernoba/testing';
import { startLoop } from './loop.js';

test('a turn is left out while the one before is running, and stop waits for it', async () => {
  let [running, most, runs, skips] = [0, 0, 0, 0];
  const loop = startLoop({
    everyMs: 5,
    run: async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 30));
      running -= 1;
      runs += 1;
    },
    onSkip: () => (skips += 1),
  });
  await eventually(() => runs >= 2 && running === 1);
  await loop.stop();
  expect([most, running]).toEqual([1, 0]);
  expect(skips).toBeGreaterThan(runs);
  const after = runs;
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(runs).toBe(after);
});
