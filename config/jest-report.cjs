const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

/** Writes `reports/<name>.json` into the project: the counts that `.ci/run` sums, also when Nx takes the run from its cache. */
module.exports = class JestReport {
  constructor(_globalConfig, { name = 'jest' } = {}) {
    this.file = `${name}.json`;
  }

  onRunComplete(_contexts, results) {
    const folder = join(process.cwd(), 'reports');
    mkdirSync(folder, { recursive: true });
    const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = results;
    writeFileSync(
      join(folder, this.file),
      JSON.stringify({
        passed: numPassedTests,
        failed: numFailedTests + numRuntimeErrorTestSuites,
        skipped: numPendingTests,
      }),
    );
  }
};
