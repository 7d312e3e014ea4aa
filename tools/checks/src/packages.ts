import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from './workspace.js';

export const PUBLISHED = ['orderbook', 'protocol', 'valkey-keys', 'candles', 'sdk-client'] as const;

interface Manifest {
  name: string;
  exports: Record<string, unknown>;
}

/** Packs each published library as npm would, and gives the tarballs' paths. */
export function packAll(root: string, into: string): string[] {
  return PUBLISHED.map((library) => {
    const output = execFileSync('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', into], {
      cwd: join(root, 'libs', library),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [packed] = JSON.parse(output) as { filename: string; files: { path: string }[] }[];
    if (!packed) throw new Error(`npm pack gave nothing for ${library}`);
    return join(into, packed.filename.replace('@', '').replace('/', '-'));
  });
}

/** What publint and "are the types wrong" say against a tarball; empty when nothing. */
export function packageProblems(root: string, tarball: string): string[] {
  const tools = [
    [join(root, 'node_modules', '.bin', 'publint'), 'run', tarball, '--strict'],
    [
      join(root, 'node_modules', '.bin', 'attw'),
      tarball,
      '--no-color',
      '--no-emoji',
      '--format',
      'table-flipped',
      '--profile',
      'node16',
    ],
  ];
  return tools.flatMap(([command, ...args]) => {
    const { status, stdout, stderr } = spawnSync(command!, args, { encoding: 'utf8', cwd: root });
    return status === 0 ? [] : [`${args.join(' ')}\n${stdout}${stderr}`];
  });
}

/** Every entry point of the published libraries (`@supernoba/protocol`, `@supernoba/protocol/schemas` …). */
export function entryPoints(root: string): string[] {
  return PUBLISHED.flatMap((library) => {
    const { name, exports } = readJson<Manifest>(join(root, 'libs', library, 'package.json'));
    return Object.keys(exports)
      .filter((path) => !path.endsWith('.json'))
      .map((path) => name + path.slice(1));
  });
}

/**
 * Installs all tarballs together into an empty project, then imports and requires every entry point there.
 *
 * @returns `import NAME: N` and `require NAME: N` lines, N the number of exports
 */
export function installTogether(folder: string, tarballs: readonly string[], entries: readonly string[]): string[] {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  execFileSync(
    'npm',
    ['install', '--loglevel=error', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs, 'zod@4.6.7'],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const list = JSON.stringify(entries);
  writeFileSync(
    join(folder, 'import.mjs'),
    `for (const name of ${list}) console.log('import ' + name + ': ' + Object.keys(await import(name)).length);`,
  );
  writeFileSync(
    join(folder, 'require.cjs'),
    `for (const name of ${list}) console.log('require ' + name + ': ' + Object.keys(require(name)).length);`,
  );
  return ['import.mjs', 'require.cjs'].flatMap((file) =>
    execFileSync(process.execPath, [join(folder, file)], { cwd: folder, encoding: 'utf8' })
      .trim()
      .split('\n'),
  );
}
