import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { ensureValkey } from './valkey.mjs';

/** The clone this file stands in. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export const say = (message) => console.error(`supernoba: ${message}`);

const nxBin = join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');

/** What `npm start` runs: the stack itself and the bundles it starts. */
export const exchangeProjects = [
  'local',
  'demo',
  'engine',
  'streamer',
  'console',
  'order-router',
  'connect',
  'subscribe',
  'disconnect',
  'admin',
  'chart-data',
  'trades-backup',
  'candle-rollup',
  'market-data',
  'user-notify',
  'order-history',
  'trade-history',
  'order-query',
];

/** Nx as every command runs it: no daemon left behind, no service called, plain output. */
export const nxEnv = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' };

/** Ends the process with the message when `step` throws: a launcher's errors are for people. */
export function orExit(step) {
  try {
    return step();
  } catch (error) {
    say(error.message);
    process.exit(1);
  }
}

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    say(`Node ${process.versions.node} is too old: Node 20.19 or newer is needed.`);
    process.exit(1);
  }
}

/**
 * Installs, fetches Valkey (unless the program has no use for it) and builds the projects with what they depend on.
 * Returns the environment for the program.
 */
export async function prepare(projects, { valkey = true } = {}) {
  checkNode();
  orExit(() => ensureInstalled(root, say));
  const server = valkey ? { VALKEY_SERVER_BIN: orExit(() => ensureValkey(say)) } : {};
  if (projects.length > 0) await build(projects);
  return { ...process.env, ...server, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
}

/** Builds through the Nx cache: one line a project that had to be built, the whole output only when something fails. */
async function build(projects) {
  const started = Date.now();
  const child = spawn(
    process.execPath,
    [nxBin, 'run-many', '-t', 'build', '-p', projects.join(','), '--outputStyle=static'],
    {
      cwd: root,
      env: nxEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const output = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    createInterface({ input: stream }).on('line', (line) => {
      output.push(line);
      const project = /> nx run ([^\s:]+):build(?!.*(cache|match))/.exec(line)?.[1];
      if (project) say(`built ${project}`);
    });
  }
  const [code] = await once(child, 'close');
  if (code !== 0) {
    say(`the build failed:\n${output.join('\n')}`);
    process.exit(1);
  }
  say(`everything is built (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

/** Runs Nx, its output on our standard output. Returns whether all went well. */
export async function nx(args, env = nxEnv) {
  const child = spawn(process.execPath, [nxBin, ...args], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'exit');
  return code === 0;
}

const PARENT_CHECK_MS = 500;

/**
 * Runs a Node program in the foreground, hands signals on to it and ends as it ends. The program gets a channel to this
 * launcher: when the launcher is killed, the program sees it close and ends too.
 */
export function runNode(file, args, env, nodeArgs = []) {
  const child = spawn(process.execPath, ['--enable-source-maps', ...nodeArgs, file, ...args], {
    cwd: root,
    env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const handOn = (signal) => child.kill(signal);
  process.on('SIGTERM', handOn);
  process.on('SIGHUP', handOn);
  // Ctrl-C reaches the whole foreground group by itself; the launcher only has to outlive the program.
  process.on('SIGINT', () => undefined);
  // npm does not hand a SIGTERM on through its shell: when npm is gone, so is who asked for this.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM');
  }, PARENT_CHECK_MS);
  watch.unref();
  child.on('error', (error) => {
    say(`${file} could not be started: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1)));
}

/**
 * npm keeps flags for itself when `--` is missing (`npm start --fresh`): it sets `npm_config_fresh`. Gives the flags back.
 *
 * @param {Record<string, 'flag' | 'value'>} options the options the program knows
 * @param {string[]} args what reached the program
 */
export function withNpmFlags(options, args, env = process.env) {
  const all = [...args];
  for (const [name, kind] of Object.entries(options)) {
    const value = env[`npm_config_${name.replaceAll('-', '_')}`];
    if (value === undefined || value === '' || all.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`)))
      continue;
    if (kind === 'flag') {
      if (value !== 'false') all.push(`--${name}`);
    } else if (value === 'true') {
      // `npm start --port 4000` without `--`: npm took the name, the number arrives as a bare argument.
      const bare = all.findIndex((arg) => !arg.startsWith('-'));
      if (bare >= 0) all.splice(bare, 1, `--${name}`, all[bare]);
    } else {
      all.push(`--${name}`, value);
    }
  }
  return all;
}
