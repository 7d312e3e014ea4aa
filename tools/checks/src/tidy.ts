import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readJson } from './workspace.js';

const TARGETS = ['build', 'lint', 'typecheck', 'test'];
const MOST_LINES = 500;
const SOURCE = /\.(ts|tsx|mts|mjs|cjs|js)$/;
/** Written by a program out of a file that is looked at. */
const GENERATED = /\/generated\//;
const FOREIGN = [
  { pattern: /registry\.npmjs\.org|deb\.debian\.org|registry\.yarnpkg/, what: 'a registry host' },
  { pattern: /\b[a-z0-9]{10}\.execute-api\./, what: 'an account’s API id' },
  { pattern: /arn:aws:[a-z0-9-]*:[a-z0-9-]*:(?!000000000000|123456789012)\d{12}:/, what: 'an account id' },
  { pattern: /(^|[\s'"`(=])\/(work|root|home\/[a-z]+)\//m, what: 'a path of one machine' },
];

/** What keeps the workspace from being tidy: one sentence each. Also says how much was looked at. */
export function tidyProblems(
  root: string,
  files: readonly string[],
): { problems: string[]; projects: number; files: number } {
  const problems: string[] = [];
  const manifests = files.filter((file) => /^(libs|apps|tools)\/.*package\.json$/.test(file));
  const projects = manifests.map(dirname);
  for (const project of projects) problems.push(...projectProblems(root, project, files));
  for (const file of files) problems.push(...fileProblems(root, file));
  return { problems, projects: projects.length, files: files.length };
}

function projectProblems(root: string, project: string, files: readonly string[]): string[] {
  const problems: string[] = [];
  if (!files.includes(`${project}/project.json`)) return [`${project} is no Nx project: it has no project.json`];
  const { targets = {} } = readJson<{ targets?: Record<string, unknown> }>(join(root, project, 'project.json'));
  for (const target of TARGETS) if (!(target in targets)) problems.push(`${project} has no target ${target}`);
  const own = files.filter((file) => file.startsWith(`${project}/`));
  if (!own.some((file) => file.endsWith('.spec.ts'))) problems.push(`${project} has no test`);
  const published = readJson<{ private?: boolean }>(join(root, project, 'package.json')).private !== true;
  if (published && !own.includes(`${project}/README.md`)) problems.push(`${project} is published without a README.md`);
  return problems;
}

function fileProblems(root: string, file: string): string[] {
  if (file === 'package-lock.json') return lockProblems(root);
  const isSource = SOURCE.test(file);
  if (!isSource && !/\.(md|json|yml|yaml|sh|html|css)$/.test(file)) return [];
  const text = readFileSync(join(root, file), 'utf8');
  const problems: string[] = [];
  if (!file.startsWith('tools/checks/')) {
    for (const { pattern, what } of FOREIGN) if (pattern.test(text)) problems.push(`${file} names ${what}`);
  }
  const lines = text.split('\n').length;
  const isWritten = isSource && !file.endsWith('.spec.ts') && !GENERATED.test(file);
  if (isWritten && lines > MOST_LINES) problems.push(`${file} has ${lines} lines`);
  if (/\.(spec|test)\.ts$/.test(file) && /\b(it|test|describe)\.only\(|\b[xf](it|describe)\(/.test(text)) {
    problems.push(`${file} runs or leaves out single tests`);
  }
  return problems;
}

function lockProblems(root: string): string[] {
  const { packages } = readJson<{ packages: Record<string, { resolved?: string; link?: boolean }> }>(
    join(root, 'package-lock.json'),
  );
  return Object.entries(packages)
    .filter(([, { resolved }]) => resolved?.startsWith('http'))
    .slice(0, 1)
    .map(([name]) => `package-lock.json records where ${name} was downloaded`);
}
