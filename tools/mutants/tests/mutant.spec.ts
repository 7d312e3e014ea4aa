import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mutant, mutatedTexts, StaleMutant } from '../src/mutant.js';
import { MUTANTS } from '../src/mutants/index.js';

const orderbook = join(__dirname, '../../../libs/orderbook');
const file = (): string => 'let a = 1;\nlet b = 1;\n';

test('a text that is not there, or more than once, is an error that names the mutant', () => {
  const planted = (find: string) => () => mutatedTexts(mutant('m', 's', 'f.ts', find, 'x'), file);
  expect(planted('let c')).toThrow(new StaleMutant('m: f.ts has 0 times, not once: let c'));
  expect(planted('let')).toThrow('m: f.ts has 2 times, not once: let');
  expect(planted('')).toThrow(StaleMutant);
});

test('a replacement that changes nothing is an error', () => {
  expect(() => mutatedTexts(mutant('m', 's', 'f.ts', 'let a', 'let a'), file)).toThrow('changes nothing');
  expect(() => mutatedTexts({ name: 'm', spec: 's', edits: [] }, file)).toThrow('changes nothing');
});

test('several edits of a file add up', () => {
  const edits = [
    { file: 'f.ts', find: 'a = 1', replace: 'a = 2' },
    { file: 'f.ts', find: 'b = 1', replace: 'b = $&' },
  ];
  expect([...mutatedTexts({ name: 'm', spec: 's', edits }, file)]).toEqual([['f.ts', 'let a = 2;\nlet b = $&;\n']]);
});

test('every mutant can be planted in the book as it is, and names a spec that there is', () => {
  const read = (name: string): string => readFileSync(join(orderbook, 'src', name), 'utf8');
  for (const one of MUTANTS) {
    expect(mutatedTexts(one, read).size).toBeGreaterThan(0);
    expect(`${one.spec} ${existsSync(join(orderbook, 'tests', `${one.spec}.spec.ts`))}`).toBe(`${one.spec} true`);
  }
  expect(MUTANTS.length).toBeGreaterThanOrEqual(24);
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});
