import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Says what keeps `node_modules` from being what the lockfile says.
 *
 * @param {string} root the clone
 * @returns {string | undefined} the first difference, or undefined when they agree
 */
export function installGap(root) {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return 'nothing is installed yet';
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes('node_modules/') || entry.link) continue;
    const found = installed[path];
    if (!found && entry.optional) continue;
    if (!found) return `${path} is missing`;
    if (found.version !== entry.version) return `${path} is ${found.version}, the lockfile says ${entry.version}`;
  }
  return undefined;
}

/**
 * Installs with `npm ci` when the installed packages differ from the lockfile.
 *
 * @param {string} root the clone
 * @param {(message: string) => void} say progress, one line a step
 * @throws {Error} with how to go on
 */
export function ensureInstalled(root, say) {
  const gap = installGap(root);
  if (gap === undefined) return;
  say(`installing packages (${gap}) …`);
  const result = spawnSync('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (result.error || result.status !== 0) {
    throw new Error(
      'npm ci failed: the packages of package-lock.json could not be installed.\n' +
        'Without a network, fill npm’s cache on a machine that has one (npm ci there) or set a reachable registry with ' +
        '`npm config set registry …`, then run the command again.',
    );
  }
}
