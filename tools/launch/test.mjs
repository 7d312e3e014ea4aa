import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nx, nxEnv, prepare, root, say } from './workspace.mjs';

const env = { ...nxEnv, ...(await prepare([])), NX_DAEMON: 'false' };
const run = (targets, ...args) => nx(['run-many', '-t', ...targets, ...args, '--outputStyle=static'], env);

// Suites with servers go one at a time and wait more than they work: they are the longest chain, so they begin at once,
// and everything else is done beside them, none of it waiting for their lock.
const served = suitesWithServers().join(',');
const [suites, rest] = await Promise.all([run(['test'], `--projects=${served}`, '--parallel=1'), besides()]);
if (!suites || !rest) {
  say('lint, typecheck, build or test failed (above).');
  process.exit(1);
}
const endToEnd = await nx(['run', 'e2e:e2e', '--outputStyle=static'], env);
if (!endToEnd) say('the end-to-end suite failed (above).');
process.exit(endToEnd ? 0 : 1);

async function besides() {
  const checks = await run(['build', 'lint', 'typecheck'], '--parallel=2');
  const tests = await run(['test'], `--exclude=${served}`, '--parallel=2');
  return checks && tests;
}

/** Projects whose tests take the lock of limit.mjs. */
function suitesWithServers() {
  const found = ['libs', 'apps', 'apps/lambdas', 'tools'].flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const project = projectAt(join(root, folder, entry.name));
      const command = project?.targets?.test?.options?.command ?? '';
      return command.includes('limit.mjs" ') && command.includes(' --alone ') ? [project.name] : [];
    }),
  );
  if (found.length === 0)
    throw new Error('no suite takes the lock of limit.mjs: tests would start servers side by side');
  return found;
}

function projectAt(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'project.json'), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}
