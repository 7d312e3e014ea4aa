import type { PidsMessage } from '../supervisor/part.js';
import { startGuardedValkey } from '../valkey/guard.js';
import { serverSettings, textOf } from './settings.js';

// Valkey knows nothing of its parent: this process ends it when the supervisor is gone, and ends when it is gone.
async function guard(): Promise<void> {
  const name = textOf(process.env, 'PART_NAME');
  const binary = textOf(process.env, 'VALKEY_SERVER_BIN');
  const server = await startGuardedValkey({ binary, ...serverSettings(process.env) });
  process.once('exit', () => server.kill());
  process.once('SIGTERM', () => void server.stop());
  const message: PidsMessage = { kind: 'pids', pids: { [name]: server.pid, [`${name}-guard`]: process.pid } };
  process.send?.(message);
  const end = await server.ended;
  if (end === 'exit code 0') process.exit(0);
  fail(`valkey-server ended: ${end}`);
}

/** Tells the log and the supervisor why, and ends. */
function fail(reason: string): void {
  console.error(reason);
  if (process.send === undefined) process.exit(1);
  process.send({ ready: false, error: reason }, () => process.exit(1));
}

guard().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
