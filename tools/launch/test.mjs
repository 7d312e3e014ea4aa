import { nx, nxEnv, prepare, say } from './workspace.mjs';

const env = { ...nxEnv, ...(await prepare([])), NX_DAEMON: 'false' };

// Suites that start servers go one at a time (limit.mjs --alone): one may wait while two others work.
const everything = nx(
  ['run-many', '-t', 'lint', 'typecheck', 'build', 'test', '--parallel=3', '--outputStyle=static'],
  env,
);
if (everything.status !== 0) {
  say('lint, typecheck, build or test failed (above).');
  process.exit(1);
}
const endToEnd = nx(['run', 'e2e:e2e', '--outputStyle=static'], env);
if (endToEnd.status !== 0) say('the end-to-end suite failed (above).');
process.exit(endToEnd.status ?? 1);
