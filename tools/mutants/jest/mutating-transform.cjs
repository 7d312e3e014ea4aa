const { readFileSync } = require('node:fs');
const { createTransformer } = require('@swc/jest');

/** MUTANT_TEXTS names a JSON file: texts by the paths of the files in whose place they are read. */
const { MUTANT_TEXTS } = process.env;
const texts = MUTANT_TEXTS === undefined ? {} : JSON.parse(readFileSync(MUTANT_TEXTS, 'utf8'));

/** swc, as in every suite, which never sees the files that a mutant changes. */
module.exports.createTransformer = (options) => {
  const swc = createTransformer(options);
  return {
    ...swc,
    process: (text, path, rest) => swc.process(texts[path] ?? text, path, rest),
    getCacheKey: (text, path, ...rest) => swc.getCacheKey(texts[path] ?? text, path, ...rest),
  };
};
