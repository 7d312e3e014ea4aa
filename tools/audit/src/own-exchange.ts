import { CommandFailure } from '@supernoba/command';
import type { RunningExchange } from '@supernoba/local';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { OrderLoad } from './load.js';

const BATCHES = 60;
const RESTART_LIMIT_MS = 30_000;
const DAY_MIN = 1_440;
const MINUTE_MS = 60_000;
/** The day of TEST ends at a minute that is at least so far away: orders come before it. */
const DAY_END_AHEAD_MS = 10_000;
/** Until the minute is over, its TICK has come and the Lambdas have stored it. */
const HISTORY_LIMIT_MS = 150_000;
const HISTORY_EVERY_MS = 2_000;

/**
 * Drives a small load through an exchange of its own, and kills the engine in the middle of it. The day of TEST ends with one of
 * the next minutes: then candles of a minute and of a day are backed up and rolled up, so that there is a history to compare.
 */
export async function driveLoad(exchange: RunningExchange, seed: number, signal: AbortSignal): Promise<OrderLoad> {
  const { http, tokens } = exchange.endpoints;
  await endDaySoon(exchange);
  const symbols = ['TEST', 'BTCUSD'];
  const load = new OrderLoad({ http, tokens: () => [tokens.alice, tokens.bob], symbols, seed }, signal);
  for (let batch = 0; batch < BATCHES; batch++) {
    await load.send();
    if (batch === BATCHES / 2) await killEngine(exchange, signal);
  }
  await storeHistory(exchange, signal);
  return load;
}

async function endDaySoon({ endpoints }: RunningExchange): Promise<void> {
  const minute = Math.ceil((Date.now() + DAY_END_AHEAD_MS) / MINUTE_MS);
  const answer = await fetch(`${endpoints.http}/admin/symbols/TEST`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${endpoints.tokens.admin}` },
    body: JSON.stringify({ config: { day_offset_min: -(minute % DAY_MIN) } }),
  });
  if (!answer.ok) throw new CommandFailure(`PUT /admin/symbols/TEST: ${answer.status} ${await answer.text()}`);
}

/** Runs the scheduled Lambdas until a day has been rolled up. */
async function storeHistory({ endpoints }: RunningExchange, signal: AbortSignal): Promise<void> {
  const runNow = async (schedule: string): Promise<Response> =>
    fetch(`${endpoints.connections}/_local/schedules/${schedule}`, { method: 'POST', signal });
  const deadline = performance.now() + HISTORY_LIMIT_MS;
  for (;;) {
    // A run fails while trades are on their way to the history: the next one has them.
    const backup = await runNow('trades-backup');
    const rollUp = backup.ok ? await runNow('candle-rollup') : backup;
    const told = await rollUp.text();
    if (rollUp.ok && (JSON.parse(told) as { stored: number }).stored > 0) return;
    if (performance.now() > deadline) throw new CommandFailure(`no day of TEST was rolled up: ${told}`);
    await pause(HISTORY_EVERY_MS, undefined, { signal });
  }
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
