/** One self-contained `main.js` an app, run without node_modules. CommonJS packages inside an ESM bundle need `require`. */
module.exports = {
  conditions: ['@supernoba/source', 'module'],
  mainFields: ['module', 'main'],
  target: 'node20',
  outExtension: { '.js': '.mjs' },
  sourcemap: true,
  // constants of other files stand in the code as numbers: a bundle's top-level variables are read anew each time
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};
