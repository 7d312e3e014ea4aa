import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorker } from '../src/bundle.js';
import type { SourceEdit } from '../src/planted-bugs.js';
import { runSeeds } from '../src/pool.js';
import type { RunResult } from '../src/run.js';

const ROOT = join(__dirname, '..', '..', '..');

/** A folder from which a bundle finds `node_modules`; it goes when the tests of the file are done. */
export function bundleFolder(): string {
  const dist = join(__dirname, '..', 'dist');
  mkdirSync(dist, { recursive: true });
  const folder = mkdtempSync(join(dist, 'test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function bundled(folder: string, name: string, edits: readonly SourceEdit[] = []): Promise<string> {
  const worker = join(folder, `${name}.mjs`);
  await bundleWorker(ROOT, worker, edits);
  return worker;
}

/** Results in the order of the seeds. */
export async function resultsOf(worker: string, seeds: readonly number[]): Promise<RunResult[]> {
  const results: RunResult[] = [];
  await runSeeds({ worker, seeds, processes: 2, onResult: (result) => void results.push(result) });
  return results.sort((a, b) => a.seed - b.seed);
}
