import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { tempDir } from '@supernoba/testing';

/** Loads the bundle with an environment and connects in test mode; gives back what came of it. */
function connectWith(env: Record<string, string>): string {
  const outfile = join(tempDir(), 'main.mjs');
  const entryPoints = [join(__dirname, '..', 'src', 'main.ts')];
  const banner = { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" };
  buildSync({
    entryPoints,
    outfile,
    banner,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@supernoba/source'],
  });
  const event = {
    requestContext: { connectionId: 'c1' },
    queryStringParameters: { testMode: 'true', userId: 'alice' },
  };
  const script = `import(${JSON.stringify(outfile)})
    .then(({ handler }) => handler(${JSON.stringify(event)}))
    .then(({ statusCode }) => statusCode, (error) => error.message)
    .then((said) => { process.stdout.write(String(said)); process.exit(0); });`;
  return execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

const settings = { SUPABASE_URL: 'https://auth.test', VALKEY_HOST: '127.0.0.1', VALKEY_PORT: '1' };

test('a missing setting closes the door, and says which', () => {
  expect(connectWith({})).toBe(
    'The environment has 2 mistakes:\n  SUPABASE_URL is not set: a value is required\n  VALKEY_HOST is not set: a value is required',
  );
});

test('the test mode opens only with its switch and a stage that says local or dev', () => {
  // 503 is what an open door answers here: there is no cache behind it.
  expect(connectWith({ ...settings, ALLOW_TEST_MODE: 'true', STAGE: 'local' })).toBe('503');
  expect(connectWith({ ...settings, ALLOW_TEST_MODE: 'true', STAGE: 'dev' })).toBe('503');
  for (const closed of [
    {},
    { ALLOW_TEST_MODE: 'true' },
    { ALLOW_TEST_MODE: 'true', STAGE: 'prod' },
    { STAGE: 'local' },
  ]) {
    expect(connectWith({ ...settings, ...closed })).toBe('401');
  }
  expect(connectWith({ ...settings, ALLOW_TEST_MODE: 'yes', STAGE: 'test' })).toMatch(
    /STAGE=test: must be one of.*\n.*ALLOW_TEST_MODE=yes: must be true or false/,
  );
});
