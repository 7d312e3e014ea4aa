import { tempDir } from '@supernoba/testing';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeWorkload } from '../workload/format.js';
import { generateWorkload } from '../workload/generate.js';
import { EngineProcesses } from './engine-process.js';
import type { EngineTask } from './engine-task.js';
import { bundleWithoutAsserts, stripAsserts } from './without-asserts.js';

describe('leaving asserts out', () => {
  test('checks imported from invariants.js go, and nothing else', () => {
    const source = [
      `import { broken, checkTop } from './invariants.js';`,
      `import { other } from './other.js';`,
      `export function act(book: number): number {`,
      `  if (book < 0) broken(book);`,
      `  if (book > 0) {`,
      `    broken(book);`,
      `  }`,
      `  if (book === 1) other(book);`,
      `  checkTop(book);`,
      `  return book;`,
      `}`,
    ];
    const { text, removed } = stripAsserts(source.join('\n'));
    expect(removed).toBe(3);
    expect(text.split('\n').slice(2)).toEqual([
      `export function act(book: number): number {`,
      `  ;`,
      `  ;`,
      `  if (book === 1) other(book);`,
      `  ;`,
      `  return book;`,
      `}`,
    ]);
  });
  test('a module that imports none stays as it is', () => {
    const text = `import { broken } from './other.js';\nif (1) broken();`;
    expect(stripAsserts(text)).toEqual({ text, removed: 0 });
  });
});

// The warm-up of a process alone is 420,000 commands.
describe('a process of its own', () => {
  const folder = tempDir();
  const bundle = join(folder, 'engine.mjs');
  const task: EngineTask = {
    engine: 'own',
    file: join(folder, 'flow.bin'),
    idLength: 13,
    passes: ['speed', 'latency'],
  };
  const processes = () => new EngineProcesses({ say: () => undefined, signal: new AbortController().signal });

  beforeAll(async () => {
    expect(await bundleWithoutAsserts(join(__dirname, 'engine.ts'), bundle)).toBeGreaterThan(3);
  });

  test('measures a flow, and says how many outcomes it compared', async () => {
    writeFileSync(task.file, encodeWorkload(generateWorkload(1_000, 5_000, 5)));
    const engines = processes();
    const result = await engines.run(bundle, { ...task, passes: [...task.passes, 'memory'] });
    expect(result.speed).toMatchObject({ compared: 6 });
    expect(result.latency).toMatchObject({ compared: 6 });
    expect(result.speed!.nsPerOp).toBeGreaterThan(0);
    expect(result.latency!.p50Ns).toBeLessThanOrEqual(result.latency!.p99Ns);
    expect(result.bytesPerOrder).toBeGreaterThan(0);
    expect(engines.outcomesCompared).toBe(2);
  });

  test('a flow with a tampered header makes it fail', async () => {
    const workload = generateWorkload(1_000, 5_000, 5);
    workload.header.trades += 1;
    writeFileSync(task.file, encodeWorkload(workload));
    await expect(processes().run(bundle, task)).rejects.toThrow(/trades \d+ instead of \d+/);
  });
});
