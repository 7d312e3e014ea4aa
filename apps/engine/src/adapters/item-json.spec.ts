import { marshall } from '@aws-sdk/util-dynamodb';
import type { Item } from '../ports.js';
import { deadLetterRow } from '../publish/dead-letters.js';
import { itemJson, itemOf } from './item-json.js';

/** Every kind of value that a row may have. */
const row = { pk: 'BTC-USD#1', price: 1_000_000_000_000, taker_is_buy: true, user: 'user|"one"', other: 'ключ' };
const letter = {
  sequenceNumber: '496',
  index: 0,
  reason: 'NOT_JSON' as const,
  message: 'a quote " and a \\',
  partitionKey: 'A',
  arrivalMs: 1,
  data: new Uint8Array([0, 255, 10]),
};

test('rows are written as the SDK writes them, and read back as they were', () => {
  for (const item of [row, deadLetterRow('shard', letter)]) {
    const written = JSON.parse(itemJson(item)) as Parameters<typeof itemOf>[0];
    const bySdk = JSON.parse(
      JSON.stringify(marshall(item), (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
      ),
    ) as unknown;
    expect(written).toEqual(bySdk);
    const { data, ...others } = item as Item;
    const { data: dataBack, ...othersBack } = itemOf(written);
    expect(othersBack).toEqual(others);
    expect(dataBack).toEqual(data === undefined ? undefined : Buffer.from(data as Uint8Array));
  }
});

test('what no row of a batch holds is refused, and not written as something else', () => {
  for (const value of [undefined, null, Number.NaN, Infinity, {}, [1], 1n]) {
    expect(() => itemJson({ value })).toThrow(RangeError);
  }
  expect(() => itemOf({ value: { NULL: true } })).toThrow(RangeError);
});
