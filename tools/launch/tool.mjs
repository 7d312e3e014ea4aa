import { existsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { exchangeProjects, prepare, root, runNode, say, withNpmFlags } from './workspace.mjs';

/** The commands that check or measure, each with the options npm may have kept for itself. */
const TOOLS = {
  replay: { own: 'flag', json: 'flag', symbol: 'value' },
  audit: { own: 'flag', json: 'flag', data: 'value', wait: 'value', seed: 'value' },
  chaos: { own: 'flag', json: 'flag', minutes: 'value', seed: 'value', 'min-rate': 'value' },
  bench: {
    own: 'flag',
    json: 'flag',
    samples: 'value',
    rounds: 'value',
    only: 'value',
    file: 'value',
    soak: 'flag',
    seconds: 'value',
    profile: 'value',
  },
  'check-flows': { json: 'flag', commands: 'value', seed: 'value' },
  mutants: { json: 'flag', only: 'value' },
  'check-candles': { own: 'flag', json: 'flag' },
  simulate: { json: 'flag', seeds: 'value', first: 'value', seed: 'value', trace: 'flag', planted: 'flag' },
  rebuild: { json: 'flag', from: 'value', to: 'value', symbol: 'value', data: 'value' },
  checks: { json: 'flag' },
};

/** Those that look at the clone alone and need no exchange, given their arguments. */
const ALONE = {
  checks: () => true,
  'check-flows': () => true,
  mutants: () => true,
  rebuild: () => true,
  simulate: () => true,
  bench: (args) => args.includes('orderbook'),
};

/** Those that need a Valkey and at most some apps, and no exchange around them, given their arguments: the apps. */
const APPS_ALONE = {
  bench: (args) =>
    args.includes('engine')
      ? ['engine', 'trade-history']
      : args.includes('restart')
        ? ['engine']
        : args.includes('market-data')
          ? []
          : undefined,
};

/**
 * Those that hold a whole exchange in memory may take half of the machine's; what they read stays, so the collector looks
 * through young objects less often.
 */
const WHOLE = [`--max-old-space-size=${Math.floor(totalmem() / 2 ** 21)}`, '--max-semi-space-size=64'];
const NODE_ARGS = { audit: WHOLE, chaos: WHOLE, rebuild: WHOLE };

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
const isAlone = ALONE[name]?.(given) ?? false;
const apps = isAlone ? [] : (APPS_ALONE[name]?.(given) ?? exchangeProjects);
const env = await prepare([...apps, name], { valkey: !isAlone });
runNode(join(root, 'tools', name, 'dist', 'main.mjs'), args, env, NODE_ARGS[name]);
