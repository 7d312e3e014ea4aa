import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

// usage: node limit.mjs SECONDS [--alone] COMMAND [ARGUMENT …]
// Runs a command of the workspace and ends it, loudly, when it takes longer: a suite that hangs is a failure.
// With --alone it waits until no other such command runs: suites that start servers go one at a time.
const root = fileURLToPath(new URL('../..', import.meta.url));
const [seconds, ...rest] = process.argv.slice(2);
const alone = rest[0] === '--alone';
const [command, ...args] = alone ? rest.slice(1) : rest;

const LOCK = join(root, '.nx', 'server-suite.lock');
const LOCK_LIMIT_MS = 15 * 60_000;
if (alone) await lock();

const bin = join(root, 'node_modules', '.bin');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
const child = spawn(command, args, { stdio: 'inherit', env });
const timer = setTimeout(
  () => {
    console.error(`${command} ${args.join(' ')} was not done after ${seconds} s and is ended`);
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 5_000).unref();
  },
  Number(seconds) * 1000,
);
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => child.kill(/** @type {NodeJS.Signals} */ (signal)));
child.on('error', (error) => {
  console.error(`${command} could not be started: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code) => {
  clearTimeout(timer);
  process.exit(code ?? 1);
});

async function lock() {
  mkdirSync(join(root, '.nx'), { recursive: true });
  const deadline = Date.now() + LOCK_LIMIT_MS;
  while (!takeLock()) {
    if (Date.now() > deadline) {
      console.error(`another suite with servers (${LOCK}) did not end within ${LOCK_LIMIT_MS / 60_000} minutes`);
      process.exit(1);
    }
    await pause(200);
  }
  process.once('exit', () => rmSync(LOCK, { force: true }));
}

function takeLock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (holderIsGone()) rmSync(LOCK, { force: true });
  return false;
}

function holderIsGone() {
  try {
    const pid = Number(readFileSync(LOCK, 'utf8'));
    if (pid > 0) process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
