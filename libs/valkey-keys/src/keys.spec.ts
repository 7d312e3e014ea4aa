import fc from 'fast-check';
import { createKeys, KEY_SHAPES, keyPatterns, type KeyName, type Keys } from './index.js';

const SYMBOL_PATTERN = /^[A-Z0-9][A-Z0-9._-]{0,31}$/;
const names = Object.keys(KEY_SHAPES) as KeyName[];

/** What stands in for the variable part of a shape. */
const variableOf = (name: KeyName) => /\{(\w+)\}/.exec(KEY_SHAPES[name].pattern)?.[1];

function keyOf(keys: Keys, name: KeyName, argument: string): string {
  const key = keys[name];
  return typeof key === 'function' ? key(argument) : key;
}

const anySymbol = fc
  .tuple(
    fc.constantFrom(...'ABYZ019'),
    fc.array(fc.constantFrom(...'ABMZ019._-'), { maxLength: 31 }).map((letters) => letters.join('')),
  )
  .map(([first, rest]) => first + rest);
const anyConnectionId = fc.stringMatching(/^[A-Za-z0-9_=-]{1,32}$/);
const anyUserId = fc.oneof(
  fc.uuid(),
  anySymbol.map((name) => `test:${name}`),
);
const anyArguments = fc.record({ S: anySymbol, CONNID: anyConnectionId, USERID: anyUserId });

const argumentFor = (name: KeyName, { S, CONNID, USERID }: { S: string; CONNID: string; USERID: string }) => {
  const variable = variableOf(name);
  return variable === 'CONNID' ? CONNID : variable === 'USERID' ? USERID : S;
};

test('every key has a shape and every shape a key', () => {
  expect(Object.keys(createKeys()).sort()).toEqual([...names].sort());
});

test('a key is its pattern with the variable filled in, as documented', () => {
  const keys = createKeys();
  fc.assert(
    fc.property(fc.constantFrom(...names), anyArguments, (name, values) => {
      const argument = argumentFor(name, values);
      expect(keyOf(keys, name, argument)).toBe(KEY_SHAPES[name].pattern.replace(/\{\w+\}/, argument));
    }),
  );
  expect([keys.depth('TEST'), keys.candle('TEST'), keys.closedCandles('TEST'), keys.mainSubscribers('TEST')]).toEqual([
    'depth:TEST',
    'candle:1m:TEST',
    'candle:closed:1m:TEST',
    'symbol:TEST:main',
  ]);
});

test('hash tags stand around the symbol and nowhere else, so that all keys of a symbol share a slot', () => {
  const keys = createKeys({ hashTags: true });
  fc.assert(
    fc.property(fc.constantFrom(...names), anyArguments, (name, values) => {
      const argument = argumentFor(name, values);
      const filled = variableOf(name) === 'S' ? `{${argument}}` : argument;
      expect(keyOf(keys, name, argument)).toBe(KEY_SHAPES[name].pattern.replace(/\{\w+\}/, filled));
    }),
  );
  expect(keys.depth('TEST')).toBe('depth:{TEST}');
  expect(keys.connection('abc=')).toBe('ws:abc=');
});

test('a key matches the pattern of its own shape alone: no symbol, connection or user can forge the key of another', () => {
  const patterns = keyPatterns();
  fc.assert(
    fc.property(fc.constantFrom(...names), anyArguments, fc.boolean(), (name, values, hashTags) => {
      const key = keyOf(createKeys({ hashTags }), name, argumentFor(name, values));
      expect(patterns.filter(({ matches }) => matches(key)).map((pattern) => pattern.name)).toEqual([name]);
    }),
    { numRuns: 1_000 },
  );
});

test('two different keys never have the same name', () => {
  fc.assert(
    fc.property(
      fc.tuple(fc.constantFrom(...names), anyArguments),
      fc.tuple(fc.constantFrom(...names), anyArguments),
      fc.boolean(),
      ([nameA, valuesA], [nameB, valuesB], hashTags) => {
        const keys = createKeys({ hashTags });
        const [argumentA, argumentB] = [argumentFor(nameA, valuesA), argumentFor(nameB, valuesB)];
        const same = nameA === nameB && (argumentA === argumentB || variableOf(nameA) === undefined);
        expect(keyOf(keys, nameA, argumentA) === keyOf(keys, nameB, argumentB)).toBe(same);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('what is no symbol makes no key that a pattern takes for ours', () => {
  const patterns = keyPatterns({ owner: 'engine' });
  const keys = createKeys();
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.constantFrom(...patterns), (text, { name, matches }) => {
      expect(matches(keyOf(keys, name, text))).toBe(
        SYMBOL_PATTERN.test(text) || /^\{[A-Z0-9][A-Z0-9._-]{0,31}\}$/.test(text),
      );
    }),
  );
  for (const forged of ['A:main', '1m:TEST', 'closed:1m:TEST', 'TEST}', '{TEST', 'A\nB', '', 'a', 'A'.repeat(33)]) {
    expect(patterns.some(({ name, matches }) => matches(keyOf(keys, name, forged)))).toBe(false);
  }
});
