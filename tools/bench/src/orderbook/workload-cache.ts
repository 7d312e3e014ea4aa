import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { decodeWorkload, encodeWorkload } from '../workload/format.js';
import { generateWorkload } from '../workload/generate.js';

export interface WorkloadSeed {
  preload: number;
  mix: number;
  seed: number;
}

/** Where generated flows are kept: outside the clone, as everything that a second clone can use too. */
function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'supernoba', 'flows');
}

/**
 * The file of a flow, generated when the cache does not hold it whole.
 *
 * @returns its path
 */
export function workloadFile(
  { preload, mix, seed }: WorkloadSeed,
  say: (message: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): string {
  const folder = cacheFolder(env);
  const file = join(folder, `${preload}-${mix}-${seed}.bin`);
  if (isWhole(file, preload, mix)) return file;
  say(`generating a flow of ${preload} and ${mix} records, seed ${seed}`);
  mkdirSync(folder, { recursive: true });
  const staged = `${file}.${process.pid}`;
  writeFileSync(staged, encodeWorkload(generateWorkload(preload, mix, seed)));
  renameSync(staged, file);
  return file;
}

/** Whether its records follow its header is seen by each process that runs it. */
function isWhole(file: string, preload: number, mix: number): boolean {
  try {
    const { header } = decodeWorkload(readFileSync(file));
    return header.preload === preload && header.mix === mix;
  } catch {
    // Missing or cut short: it is written again.
    return false;
  }
}
