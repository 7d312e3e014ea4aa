import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@supernoba/testing';
import tseslint from 'typescript-eslint';
import { readJson, workspaceRoot } from '../src/workspace.js';

const CONFIG = join(workspaceRoot(), '.oxlintrc.json');

/** What each rule is there to find, once. */
const OFFENCES: Record<string, string> = {
  'await-thenable': 'export const a = async () => await 1;',
  'no-array-delete': 'export const a = (list: number[]) => delete list[0];',
  'no-base-to-string': 'export const a = (value: { x: number }) => `${value.toString()}`;',
  'no-duplicate-type-constituents': 'export type A = 1 | 1;',
  'no-floating-promises': 'export const a = (p: Promise<void>) => { p; };',
  'no-for-in-array': 'export const a = (list: number[]) => { for (const key in list) key.trim(); };',
  'no-implied-eval': 'export const a = new Function("return 1");',
  'no-misused-promises': 'export const a = (p: Promise<void>) => (p ? 1 : 2);',
  'no-redundant-type-constituents': 'export type A = unknown | 1;',
  'no-unnecessary-type-assertion': 'export const a = (value: string) => value as string;',
  'no-unsafe-argument': 'export const a = (of: (x: string) => void, value: any) => of(value);',
  'no-unsafe-assignment': 'export const a = (value: any) => { const b = value; return typeof b; };',
  'no-unsafe-call': 'export const a = (value: any) => void value();',
  'no-unsafe-enum-comparison': 'enum E { A } export const a = (e: E) => e === 0;',
  'no-unsafe-member-access': 'export const a = (value: any) => void value.x;',
  'no-unsafe-return': 'export const a = (value: any) => value;',
  'no-unsafe-unary-minus': 'export const a = (value: string) => -value;',
  'only-throw-error': 'export const a = () => { throw "x"; };',
  'prefer-promise-reject-errors': 'export const a = () => Promise.reject("x");',
  'require-await': 'export const a = async () => 1;',
  'restrict-plus-operands': 'export const a = (list: string[]) => "x" + list;',
  'restrict-template-expressions': 'export const a = (value: { x: 1 }[]) => `${value}`;',
  'switch-exhaustiveness-check': 'export const a = (v: 1 | 2) => { switch (v) { case 1: return 1; } return 0; };',
  'unbound-method': 'class A { b() { return this; } } export const a = new A().b;',
};

test('every rule of the recommended set that needs types is on', () => {
  const rulesOf = (configs: { rules?: object }[]) => configs.flatMap(({ rules = {} }) => Object.keys(rules));
  const untyped = new Set(rulesOf(tseslint.configs.recommended));
  const typed = rulesOf(tseslint.configs.recommendedTypeChecked).filter(
    (rule) => rule.startsWith('@typescript-eslint/') && !untyped.has(rule),
  );
  expect(typed.length).toBeGreaterThan(20);
  const { rules } = readJson<{ rules: Record<string, unknown> }>(CONFIG);
  expect(Object.keys(rules)).toEqual(
    expect.arrayContaining(typed.map((rule) => rule.replace('@typescript-eslint', 'typescript'))),
  );
  expect(Object.keys(OFFENCES).map((rule) => `typescript/${rule}`)).toEqual(Object.keys(rules).sort());
});

test('each of them finds what it is there for', () => {
  const folder = tempDir('typed-lint-');
  const compilerOptions = { strict: true, target: 'es2023', module: 'nodenext', types: [], noEmit: true };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const [rule, code] of Object.entries(OFFENCES)) writeFileSync(join(folder, `${rule}.ts`), `${code}\n`);
  const bin = join(workspaceRoot(), 'node_modules', 'oxlint', 'bin', 'oxlint');
  const { stdout, status } = spawnSync(process.execPath, [bin, '--type-aware', '-c', CONFIG, '-f', 'json', folder], {
    encoding: 'utf8',
    cwd: folder,
  });
  expect(status).toBe(1);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
  const found = new Set(diagnostics.map(({ code, filename }) => `${filename.replace(/^.*\//, '')}: ${code}`));
  const missed = Object.keys(OFFENCES).filter((rule) => !found.has(`${rule}.ts: typescript(${rule})`));
  expect(missed).toEqual([]);
});
