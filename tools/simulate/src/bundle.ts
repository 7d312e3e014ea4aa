import { build as bundle, type Plugin } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { SourceEdit } from './planted-bugs.js';

const BANNER =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/**
 * Bundles the worker with the engine's sources as they stand in the workspace, or with some of them edited.
 *
 * @param root folder of the workspace
 * @param outfile under a folder from which `node_modules` can be found
 * @throws Error where an edit does not find its text exactly once
 */
export async function bundleWorker(root: string, outfile: string, edits: readonly SourceEdit[] = []): Promise<void> {
  const applied = new Set<SourceEdit>();
  await bundle({
    entryPoints: [join(root, 'tools/simulate/src/worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@supernoba/source', 'module'],
    mainFields: ['module', 'main'],
    external: ['wasmoon-lua5.1'],
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'error',
    banner: { js: BANNER },
    plugins: [editing(root, edits, applied)],
  });
  const missed = edits.filter((edit) => !applied.has(edit)).map(({ file }) => file);
  if (missed.length > 0) throw new Error(`the worker does not contain ${missed.join(', ')}`);
}

function editing(root: string, edits: readonly SourceEdit[], applied: Set<SourceEdit>): Plugin {
  return {
    name: 'source-edits',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const file = relative(root, path);
        const mine = edits.filter((edit) => edit.file === file);
        if (mine.length === 0) return undefined;
        let contents = await readFile(path, 'utf8');
        for (const edit of mine) {
          contents = replaceOnce(contents, edit);
          applied.add(edit);
        }
        return { contents, loader: 'ts' };
      });
    },
  };
}

function replaceOnce(text: string, { file, find, replace }: SourceEdit): string {
  const parts = text.split(find);
  if (parts.length !== 2) {
    throw new Error(`${file} has ${parts.length - 1} places with the text to edit, not one: ${find}`);
  }
  return parts.join(replace);
}
