import type { Logger } from '@supernoba/runtime';
import { eventually } from '@supernoba/testing';
import { Condition } from './condition.js';

test('what fails and works in turn is told once, and told as working when it has not failed for a while', async () => {
  const told: string[] = [];
  const tell = (_: object, text: string) => told.push(text);
  const log = { error: tell, info: (text: string) => told.push(text) } as unknown as Logger;
  const condition = new Condition(log, 'gateway', 50);
  condition.works();
  for (let index = 0; index < 500; index++) {
    condition.failed(new Error('no'));
    expect(condition.isFailing).toBe(true);
    condition.works();
    expect(condition.isFailing).toBe(false);
  }
  expect(told).toEqual(['gateway: failing']);
  await eventually(() => told.length === 2);
  condition.works();
  expect(told).toEqual(['gateway: failing', 'gateway: works again']);
  condition.failed(new Error('again'));
  expect(told.at(-1)).toBe('gateway: failing');
});
