const { writeFileSync } = require('node:fs');

/** Writes what became of each spec to MUTANT_REPORT: jest's own `--json` writes nothing when `bail` ends a run. */
module.exports = class VerdictReporter {
  onRunComplete(_contexts, { numPassedTests, testResults }) {
    const specs = testResults.map(({ testFilePath, testExecError, testResults: tests }) => ({
      path: testFilePath,
      error: testExecError?.message,
      failed: tests
        .filter(({ status }) => status === 'failed')
        .map(({ fullName, failureMessages }) => ({ test: fullName, message: failureMessages.join('\n') })),
    }));
    writeFileSync(process.env.MUTANT_REPORT, JSON.stringify({ passed: numPassedTests, specs }));
  }
};
