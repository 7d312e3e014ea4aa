import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { generateWorkload } from '../workload/generate.js';
import { proveFlow } from './flow.js';
import { OwnBook, WHOLE } from './own-book.js';
import { soak } from './soak.js';

const flow = proveFlow(generateWorkload(0, 3_000, 9));

beforeAll(() => {
  setFlagsFromString('--expose-gc');
  globalThis.gc = runInNewContext('gc') as typeof globalThis.gc;
});

test('the flow is run until the commands are done, and the book holds no more at the end', async () => {
  const said: string[] = [];
  const driven = new OwnBook(flow, { ...WHOLE, requestIds: true });
  const result = await soak(driven, flow, 21_000, (text) => said.push(text));
  expect(result).toMatchObject({ commands: 21_000, laps: 7 });
  expect(result.endBytes).toBeLessThanOrEqual(result.boundBytes);
  expect(said).toEqual([expect.stringContaining('15000 commands')]);
});

test('a book whose memory grows with every lap makes it fail', async () => {
  const kept: Float64Array[] = [];
  class GrowingBook extends OwnBook {
    override startLap(): void {
      super.startLap();
      kept.push(new Float64Array(2 ** 22).fill(1));
    }
  }
  await expect(soak(new GrowingBook(flow, WHOLE), flow, 21_000, () => undefined)).rejects.toThrow('grows with history');
  expect(kept).toHaveLength(7);
});
