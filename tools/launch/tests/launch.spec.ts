import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installGap } from '../install.mjs';
import { findValkey } from '../valkey.mjs';
import { withNpmFlags } from '../workspace.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'launch-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('launchers import Node’s own modules and each other alone', () => {
  const files = readdirSync(join(__dirname, '..')).filter(
    (file) => file.endsWith('.mjs') && file !== 'jest.config.mjs',
  );
  expect(files.length).toBeGreaterThan(4);
  for (const file of files) {
    const text = readFileSync(join(__dirname, '..', file), 'utf8');
    for (const [, name = ''] of text.matchAll(/from '([^']+)'/g)) {
      const own = name.startsWith('node:')
        ? builtinModules.includes(name.slice(5))
        : files.includes(name.replace('./', ''));
      expect(`${file} imports ${name}: ${own}`).toBe(`${file} imports ${name}: true`);
    }
  }
});

describe('installing', () => {
  const lock = (packages: object) => JSON.stringify({ packages });
  function gap(wanted: object, installed?: object) {
    writeFileSync(join(folder, 'package-lock.json'), lock(wanted));
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    if (installed) writeFileSync(join(folder, 'node_modules', '.package-lock.json'), lock(installed));
    return installGap(folder);
  }

  test('a clone without packages has a gap, whatever else is in node_modules', () => {
    expect(gap({})).toBe('nothing is installed yet');
  });
  test('equal versions have none; workspaces and missing optional packages do not count', () => {
    const wanted = {
      '': { name: 'x' },
      'libs/a': { version: '1.0.0' },
      'node_modules/a': { link: true },
      'node_modules/b': { version: '2.0.0' },
      'node_modules/c-darwin': { version: '3.0.0', optional: true },
    };
    expect(gap(wanted, { 'node_modules/b': { version: '2.0.0' } })).toBeUndefined();
  });
  test('another version or a missing package is named', () => {
    const wanted = { 'node_modules/b': { version: '2.0.0' } };
    expect(gap(wanted, { 'node_modules/b': { version: '2.0.1' } })).toBe(
      'node_modules/b is 2.0.1, the lockfile says 2.0.0',
    );
    expect(gap(wanted, {})).toBe('node_modules/b is missing');
  });
});

describe('flags that npm kept for itself', () => {
  const options = { port: 'value', fresh: 'flag' } as const;
  test('come back, with their values', () => {
    expect(withNpmFlags(options, [], { npm_config_fresh: 'true', npm_config_port: '4000' })).toEqual([
      '--port',
      '4000',
      '--fresh',
    ]);
    expect(withNpmFlags(options, ['4000'], { npm_config_port: 'true' })).toEqual(['--port', '4000']);
  });
  test('do not repeat what was given after --', () => {
    expect(withNpmFlags(options, ['--port', '1'], { npm_config_port: '2' })).toEqual(['--port', '1']);
  });
});

describe('finding Valkey', () => {
  test('a setting that names no executable is an error, never passed over', () => {
    expect(() => findValkey({ VALKEY_SERVER_BIN: join(folder, 'none') })).toThrow('is not an executable file');
  });
  test('the PATH comes before the cache', () => {
    const inCache = join(folder, 'supernoba', 'valkey');
    const onPath = join(folder, 'bin');
    for (const place of [inCache, onPath]) {
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, 'valkey-server'), '', { mode: 0o755 });
    }
    expect(findValkey({ PATH: '', XDG_CACHE_HOME: folder })).toBe(join(inCache, 'valkey-server'));
    expect(findValkey({ PATH: onPath, XDG_CACHE_HOME: folder })).toBe(join(onPath, 'valkey-server'));
  });
});
