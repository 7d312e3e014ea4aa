import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

// The launchers are run as they stand; their build is that this Node can read each of them.
const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.mjs'));
for (const file of files)
  execFileSync(process.execPath, ['--check', file], { cwd: import.meta.dirname, stdio: 'inherit' });
console.log(`${files.length} launchers parse`);
