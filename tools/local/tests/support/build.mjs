// Builds this package into a folder of its own, by the entry points and settings that `nx build` uses, so that tests run
// the sources as they are: node build.mjs OUT [ENTRY …]
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..');
const [outdir, ...entries] = process.argv.slice(2);
const { options } = JSON.parse(readFileSync(join(root, 'tools', 'local', 'project.json'), 'utf8')).targets.build;
const settings = createRequire(import.meta.url)(join(root, options.esbuildConfig));

await build({
  ...settings,
  absWorkingDir: root,
  entryPoints: entries.length > 0 ? entries : [options.main, ...options.additionalEntryPoints],
  external: options.external,
  format: 'esm',
  platform: 'node',
  bundle: true,
  outdir,
  tsconfig: options.tsConfig,
});
