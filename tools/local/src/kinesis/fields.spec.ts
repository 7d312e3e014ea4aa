import { Fields } from './fields.js';

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  return 'no error';
};

test('members are read by their type; null counts as absent', () => {
  const fields = new Fields({ text: 'a', number: 3, flag: true, time: 1.5, data: 'AAEC', nothing: null });
  expect(fields.text('text')).toBe('a');
  expect(fields.integer('number')).toBe(3);
  expect(fields.boolean('flag')).toBe(true);
  expect(fields.timeMs('time')).toBe(1500);
  expect(fields.requiredBlob('data')).toEqual(Buffer.from([0, 1, 2]));
  expect(fields.text('nothing')).toBeUndefined();
  expect(fields.text('toString')).toBeUndefined();
  expect(messageOf(() => fields.check())).toBe('no error');
});

test.each([
  ['text', (fields: Fields) => fields.text('value')],
  ['integer', (fields: Fields) => fields.integer('value')],
  ['boolean', (fields: Fields) => fields.boolean('value')],
  ['time', (fields: Fields) => fields.timeMs('value')],
  ['blob', (fields: Fields) => fields.requiredBlob('value')],
  ['structure', (fields: Fields) => fields.structure('value')],
  ['list', (fields: Fields) => fields.structures('value', 0, 9)],
])('a %s of another JSON type is a SerializationException', (kind, read) => {
  const wrong = kind === 'list' ? { a: 1 } : [1];
  expect(messageOf(() => read(new Fields({ value: wrong })))).toMatch(
    /^SerializationException: value can not be converted/,
  );
});

test.each(['AAE', 'AA=A', 'A A=', '====A', 'AAE-'])('%j is no base64', (value) => {
  expect(messageOf(() => new Fields({ value }).requiredBlob('value'))).toMatch(/^SerializationException/);
});

test('broken constraints are collected with their paths and answered in AWS’s words', () => {
  const fields = new Fields({ Name: 'x'.repeat(5), Limit: 0, Records: [{ Key: '' }], Kind: 'C' });
  fields.text('Name', { max: 4 });
  fields.integer('Limit', { min: 1 });
  fields.structures('Records', 1, 500)[0]?.requiredText('Key', { min: 1 });
  fields.text('Kind', { oneOf: ['A', 'B'] });
  fields.requiredText('Missing');
  expect(messageOf(() => fields.check())).toBe(
    'ValidationException: 5 validation errors detected: ' +
      "Value 'xxxxx' at 'name' failed to satisfy constraint: Member must have length less than or equal to 4; " +
      "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
      "Value '' at 'records.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
      "Value 'C' at 'kind' failed to satisfy constraint: Member must satisfy enum value set: [A, B]; " +
      "Value null at 'missing' failed to satisfy constraint: Member must not be null",
  );
});

test('a key of 256 characters outside the basic plane is as long as 256 characters', () => {
  const fields = new Fields({ key: '😀'.repeat(256) });
  fields.text('key', { max: 256 });
  expect(messageOf(() => fields.check())).toBe('no error');
});
