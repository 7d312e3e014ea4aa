import { marshall } from '@aws-sdk/util-dynamodb';
import { deadLetterRow } from '../publish/dead-letters.js';
import { tradeRow } from '../publish/trade-history.js';
import { itemJson, itemOf } from './item-json.js';

const fill = {
  seq: 7,
  tradeNo: 3,
  timestamp: 1_764_220_000_000,
  price: 1_000_000_000_000,
  quantity: 5,
  takerIsBuy: true,
  makerOrderId: 'ord_1',
  makerUserId: 'user|"one"',
  makerOpen: 0,
  takerOrderId: 'ord_2',
  takerUserId: 'ключ',
  takerOpen: 2,
};
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
  for (const row of [tradeRow('BTC-USD', fill), deadLetterRow('shard', letter)]) {
    const written = JSON.parse(itemJson(row)) as Parameters<typeof itemOf>[0];
    const bySdk = JSON.parse(
      JSON.stringify(marshall(row), (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
      ),
    ) as unknown;
    expect(written).toEqual(bySdk);
    const { data, ...others } = row;
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
