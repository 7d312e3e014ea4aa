const { basename } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/** MUTANT_SPEC is the likely one; the slow ones come last. */
const first = `${process.env.MUTANT_SPEC}.spec.ts`;
const LAST = ['readme.spec.ts', 'package.spec.ts'];

module.exports = class LikelyFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => (basename(path) === first ? -1 : LAST.indexOf(basename(path)) + 1);
    return [...tests].sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
  }
};
