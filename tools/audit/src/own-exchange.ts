import { CommandFailure } from '@supernoba/command';
import type { RunningExchange } from '@supernoba/local';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { OrderLoad } from './load.js';

const BATCHES = 60;
const RESTART_LIMIT_MS = 30_000;

/** Drives a small load through an exchange of its own, and kills the engine in the middle of it. */
export async function driveLoad(exchange: RunningExchange, seed: number, signal: AbortSignal): Promise<OrderLoad> {
  const { http, tokens } = exchange.endpoints;
  const symbols = ['TEST', 'BTCUSD'];
  const load = new OrderLoad({ http, tokens: () => [tokens.alice, tokens.bob], symbols, seed }, signal);
  for (let batch = 0; batch < BATCHES; batch++) {
    await load.send();
    if (batch === BATCHES / 2) await killEngine(exchange, signal);
  }
  return load;
}

async function killEngine({ dataDir }: RunningExchange, signal: AbortSignal): Promise<void> {
  const pid = () => (JSON.parse(readFileSync(join(dataDir, 'pids.json'), 'utf8')) as Record<string, number>)['engine'];
  const killed = pid();
  if (killed === undefined) throw new CommandFailure('the exchange has no engine to kill');
  process.kill(killed, 'SIGKILL');
  const deadline = performance.now() + RESTART_LIMIT_MS;
  for (let now = pid(); now === killed || now === undefined; now = pid()) {
    if (performance.now() > deadline) throw new CommandFailure('the engine was not started again');
    await pause(50, undefined, { signal });
  }
}
