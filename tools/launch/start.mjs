import { join } from 'node:path';
import { exchangeProjects, prepare, root, runNode, withNpmFlags } from './workspace.mjs';

const args = withNpmFlags({ port: 'value', fresh: 'flag', demo: 'flag', data: 'value' }, process.argv.slice(2));
const env = await prepare(exchangeProjects);
runNode(join(root, 'tools', 'local', 'dist', 'main.mjs'), args, env);
