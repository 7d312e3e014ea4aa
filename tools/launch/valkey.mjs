import { execFileSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PACKAGES = ['valkey-server', 'valkey-tools', 'libjemalloc2', 'liblzf1'];
const STEP_TIMEOUT_MS = 90_000;

/** Where downloaded tools live: outside the clone, so that `--fresh` and a second clone do not fetch them again. */
export function cacheFolder(env = process.env) {
  return join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'supernoba');
}

/**
 * Finds a Valkey server without fetching anything: `VALKEY_SERVER_BIN`, then `valkey-server` on the PATH, then the cache.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined} path of an executable
 * @throws {Error} when `VALKEY_SERVER_BIN` names no executable file: a setting is never silently passed over
 */
export function findValkey(env = process.env) {
  if (env.VALKEY_SERVER_BIN) {
    if (!isExecutable(env.VALKEY_SERVER_BIN)) {
      throw new Error(`VALKEY_SERVER_BIN=${env.VALKEY_SERVER_BIN} is not an executable file`);
    }
    return env.VALKEY_SERVER_BIN;
  }
  const candidates = (env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, 'valkey-server'));
  return [...candidates, join(cacheFolder(env), 'valkey', 'valkey-server')].find(isExecutable);
}

/**
 * Finds a Valkey server, or fetches Debian's or Ubuntu's package into the cache without needing root.
 *
 * @param {(message: string) => void} say progress, one line a step
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string} path of an executable that runs
 * @throws {Error} with what could not be fetched and how to go on
 */
export function ensureValkey(say, env = process.env) {
  const found = findValkey(env);
  if (found) return found;
  if (process.platform !== 'linux' || !onPath('apt-get', env) || !onPath('dpkg', env)) {
    throw new Error(`No Valkey server was found, and this machine has no apt to fetch one with.\n${howToGoOn()}`);
  }
  say('fetching Valkey (Debian package, no root needed) …');
  try {
    return fetchWithApt(env);
  } catch (error) {
    throw new Error(`Valkey could not be fetched: ${lastLines(error)}\n${howToGoOn()}`, { cause: error });
  }
}

function howToGoOn() {
  return [
    'Install a Valkey 8 server in one of these ways and run the command again:',
    '  Debian/Ubuntu:  apt-get install valkey-server   (Debian 12: from bookworm-backports)',
    '  macOS:          brew install valkey',
    '  Docker:         put a valkey-server wrapper on the PATH',
    '  anywhere else:  set VALKEY_SERVER_BIN to the path of a valkey-server binary',
  ].join('\n');
}

function fetchWithApt(env) {
  const cache = cacheFolder(env);
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'supernoba-valkey-'));
  try {
    const options = privateAptOptions(work);
    const downloads = join(work, 'downloads');
    const root = join(work, 'root');
    mkdirSync(downloads);
    mkdirSync(root);
    run('apt-get', [...options, 'update'], downloads);
    run('apt-get', [...options, 'download', ...PACKAGES], downloads);
    for (const file of readdirSync(downloads)) run('dpkg', ['-x', join(downloads, file), root], downloads);
    writeWrapper(root);
    const staged = mkdtempSync(join(cache, 'valkey-'));
    rmSync(staged, { recursive: true });
    execFileSync('cp', ['-a', root, staged]);
    const target = join(cache, 'valkey');
    rmSync(target, { recursive: true, force: true });
    renameSync(staged, target);
    const binary = join(target, 'valkey-server');
    execFileSync(binary, ['--version'], { timeout: STEP_TIMEOUT_MS, stdio: 'pipe' });
    return binary;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** apt with lists, state and cache of its own: reads the machine's mirrors and keys, writes nothing of the machine's. */
function privateAptOptions(work) {
  const lists = join(work, 'lists');
  mkdirSync(join(lists, 'partial'), { recursive: true });
  mkdirSync(join(work, 'archives', 'partial'), { recursive: true });
  const sources = join(work, 'sources.list');
  writeFileSync(sources, sourceLines().join('\n') + '\n');
  return [
    '-q',
    '-y',
    '-o',
    `Dir::Etc::sourcelist=${sources}`,
    '-o',
    'Dir::Etc::sourceparts=/dev/null',
    '-o',
    `Dir::State::lists=${lists}`,
    '-o',
    `Dir::Cache=${work}`,
    '-o',
    'APT::Sandbox::User=root',
    '-o',
    'Acquire::Languages=none',
    '-o',
    'Acquire::http::Timeout=20',
    '-o',
    'Acquire::Retries=1',
    '-o',
    // Else an archive out of reach is only a warning, and the next step complains about unknown packages.
    'APT::Update::Error-Mode=any',
  ];
}

/** The machine's own archive under its main suite, `-updates` and, where Debian keeps Valkey, `-backports`. */
function sourceLines() {
  const release = Object.fromEntries(
    readFileSync('/etc/os-release', 'utf8')
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => {
        const [key, value] = line.split(/=(.*)/s);
        return [key, value.replace(/^"|"$/g, '')];
      }),
  );
  const codename = release.VERSION_CODENAME;
  if (!codename) throw new Error('/etc/os-release names no VERSION_CODENAME');
  const targets = run('apt-get', ['indextargets', '--format', '$(REPO_URI)|$(CODENAME)', 'Created-By: Packages'], '/')
    .split('\n')
    .map((line) => line.split('|'))
    .filter(([uri, name]) => uri && name === codename);
  const mirror = targets[0]?.[0];
  if (!mirror) throw new Error(`apt has no archive configured for ${codename}`);
  const components = release.ID === 'ubuntu' ? 'main universe' : 'main';
  const suites = [codename, `${codename}-updates`];
  if (release.ID === 'debian' && codename === 'bookworm') suites.push(`${codename}-backports`);
  const keyrings = ['/usr/share/keyrings/debian-archive-keyring.gpg', '/usr/share/keyrings/ubuntu-archive-keyring.gpg'];
  const keyring = keyrings.find((file) => existsSync(file) && file.includes(release.ID ?? ''));
  return suites.map((suite) => `deb ${keyring ? `[signed-by=${keyring}] ` : ''}${mirror} ${suite} ${components}`);
}

/** A wrapper instead of an environment variable: whoever starts it needs to know nothing of the private libraries. */
function writeWrapper(root) {
  const libraries = run('find', [root, '-name', '*.so*', '-printf', '%P\\n'], root).split('\n').filter(Boolean);
  const folders = [...new Set(libraries.map((file) => file.slice(0, file.lastIndexOf('/'))))];
  for (const name of ['valkey-server', 'valkey-cli']) {
    const binary = ['usr/bin', 'bin'].map((folder) => join(folder, name)).find((file) => existsSync(join(root, file)));
    if (!binary) throw new Error(`the package holds no ${name}`);
    const paths = folders.map((folder) => `"$here/${folder}"`).join(':');
    writeFileSync(
      join(root, name),
      `#!/bin/sh\nhere=$(cd "$(dirname "$0")" && pwd)\nexport LD_LIBRARY_PATH=${paths}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}\nexec "$here/${binary}" "$@"\n`,
    );
    chmodSync(join(root, name), 0o755);
  }
}

function run(command, args, cwd) {
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: STEP_TIMEOUT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function onPath(name, env) {
  return (env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && isExecutable(join(folder, name)));
}

function lastLines(error) {
  const text = String(error.stderr || error.message)
    .trim()
    .split('\n');
  return text.slice(-3).join(' ');
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  console.log(ensureValkey((message) => console.error(message)));
}
