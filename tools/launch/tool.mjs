import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { exchangeProjects, prepare, root, runNode, say, withNpmFlags } from './workspace.mjs';

/** The commands that check or measure, each with the options npm may have kept for itself. */
const TOOLS = {
  replay: { own: 'flag', json: 'flag', symbol: 'value' },
  bench: { own: 'flag', json: 'flag', samples: 'value' },
  checks: { json: 'flag' },
};

/** Those that look at the clone alone and need no exchange. */
const ALONE = new Set(['checks']);

const [name, ...given] = process.argv.slice(2);
const options = TOOLS[name];
if (!options) {
  say(`there is no tool ${name}; the tools are: ${Object.keys(TOOLS).join(', ')}`);
  process.exit(1);
}
// npm runs scripts in the workspace's root; a file was named from where the person stood.
const args = withNpmFlags(options, given).map((arg) => {
  const fromCaller = resolve(process.env.INIT_CWD ?? process.cwd(), arg);
  return !arg.startsWith('-') && existsSync(fromCaller) ? fromCaller : arg;
});
const env = await prepare(ALONE.has(name) ? [name] : [...exchangeProjects, name]);
runNode(join(root, 'tools', name, 'dist', 'main.mjs'), args, env);
