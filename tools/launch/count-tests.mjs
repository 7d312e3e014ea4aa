import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.mjs';

// Sums the reports that config/jest-report.cjs leaves in every project. No report at all is a failure.
let reports = 0;
let passed = 0;
let failed = 0;
for (const folder of ['libs', 'apps', 'apps/lambdas', 'tools']) {
  for (const project of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (!project.isDirectory()) continue;
    const reportFolder = join(root, folder, project.name, 'reports');
    for (const file of jsonFiles(reportFolder)) {
      const report = JSON.parse(readFileSync(join(reportFolder, file), 'utf8'));
      reports += 1;
      passed += report.passed;
      failed += report.failed;
    }
  }
}
if (reports === 0) console.error('no test report was found');
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

function jsonFiles(folder) {
  try {
    return readdirSync(folder).filter((file) => file.endsWith('.json'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}
