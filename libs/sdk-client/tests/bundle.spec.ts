import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';

const MAX_GZIP_BYTES = 14 * 1024;

/** What an app's bundler makes of these lines for a browser. */
async function bundle(contents: string): Promise<{ text: string; inputs: string[]; warnings: string[] }> {
  const { outputFiles, metafile, warnings } = await esbuild.build({
    stdin: { contents, resolveDir: join(__dirname, '..'), loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@supernoba/source'],
    logLevel: 'silent',
  });
  return {
    text: outputFiles[0]?.text ?? '',
    inputs: Object.keys(metafile.inputs),
    warnings: warnings.map(({ text }) => text),
  };
}

test('the browser bundle is small and holds no zod, no ws, and nothing of Node', async () => {
  const { text, inputs, warnings } = await bundle(
    "import { createClient } from './src/index.js'; globalThis.x = createClient;",
  );
  const gzip = gzipSync(text).length;
  console.log(`browser bundle: ${text.length} bytes minified, ${gzip} gzip`);
  expect(warnings).toEqual([]);
  expect(inputs.filter((input) => /zod|node_modules|schemas/.test(input))).toEqual([]);
  expect(text).not.toMatch(/zod|node:|require\(|process\.|Buffer/i);
  expect(gzip).toBeLessThan(MAX_GZIP_BYTES);
});

test('an app that only tells errors apart gets the errors alone', async () => {
  const { text } = await bundle("import { SupernobaError } from './src/index.js'; globalThis.x = SupernobaError;");
  expect(text.length).toBeLessThan(1_500);
  expect(text).not.toContain('WebSocket');
});
