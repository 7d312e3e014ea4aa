const { readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

/** CommonJS readers of a dual package want declarations of their own: `.d.cts` beside each `.d.ts`. */
const declarationsForCommonJs = {
  name: 'declarations-for-commonjs',
  setup(build) {
    if (build.initialOptions.format !== 'cjs') return;
    build.onEnd(() => {
      const out = build.initialOptions.outdir ?? join(build.initialOptions.outfile, '..');
      const folder = join(build.initialOptions.absWorkingDir ?? process.cwd(), out);
      for (const entry of readdirSync(folder, { recursive: true })) {
        if (!entry.endsWith('.d.ts')) continue;
        const text = readFileSync(join(folder, entry), 'utf8');
        writeFileSync(
          join(folder, entry.replace(/\.d\.ts$/, '.d.cts')),
          text.replace(/(['"])(\.{1,2}\/[^'"]+)\.js\1/g, '$1$2.cjs$1'),
        );
      }
    });
  },
};

module.exports = {
  external: ['@supernoba/*', 'zod', 'zod/*', 'ws', '@supabase/supabase-js'],
  sourcemap: true,
  // constants of other files stand in the code as numbers: a bundle's top-level variables are read anew each time
  minifySyntax: true,
  target: 'es2022',
  plugins: [declarationsForCommonJs],
};
