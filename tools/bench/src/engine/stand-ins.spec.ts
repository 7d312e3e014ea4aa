import { gzipSync } from 'node:zlib';
import { AwsRefusal } from './aws-refusal.js';
import { compareHeld } from './compare.js';
import { sumOf } from './engine-process.js';
import { eventsJson } from './event-streams.js';
import { meets, updated } from './expression.js';
import { areasOf } from './profile.js';
import { Tables } from './tables.js';
import { EventTally, RowTally } from './tally.js';

const event = (seq: number) => `{"event":"FILL","symbol":"A","seq":${seq}}`;

test('the sum of a symbol does not depend on how its events were cut into records, and a repeat counts apart', () => {
  const whole = new EventTally();
  whole.add('A', `${event(1)},${event(2)},${event(3)}`);
  const cut = new EventTally();
  cut.add('A', event(1));
  cut.add('A', `${event(2)},${event(3)}`);
  cut.add('A', `${event(2)},${event(3)}`);
  expect(cut.sums()).toEqual(whole.sums());
  expect(cut.sums()['A']).toMatchObject({ events: 3 });
  expect([whole.repeats, cut.repeats]).toEqual([0, 1]);
  expect(() => cut.add('A', `${event(3)},${event(4)}`)).toThrow('after 3');
  expect(() => cut.add('A', '{}')).toThrow('no event');
});

test('events are read plain and packed, one and many', () => {
  const many = Buffer.from(`[${event(1)},${event(2)}]`);
  expect(eventsJson(gzipSync(many))).toBe(`${event(1)},${event(2)}`);
  expect(eventsJson(Buffer.from(event(1)))).toBe(event(1));
});

test('rows count once a key, in any order of rows and attributes; other content under a key is an error', () => {
  const one = new RowTally();
  one.add('1', { a: 1, b: 'x' });
  one.add('2', { a: 2, b: 'y' });
  const other = new RowTally();
  other.add('2', { b: 'y', a: '2' });
  other.add('1', { b: 'x', a: 1 });
  other.add('1', { b: 'x', a: 1 });
  expect([other.rows, other.sum, other.repeats]).toEqual([2, one.sum, 1]);
  expect(() => other.add('1', { a: 1, b: 'z' })).toThrow('another content');
});

test('updates and conditions of the lease table are carried out', () => {
  const names = { ExpressionAttributeNames: { '#s0': 'owner', '#s1': 'asked', '#e0': 'owner', '#e1': 'gone' } };
  const values = { ExpressionAttributeValues: { ':s0': { S: 'me' }, ':e0': { S: 'you' }, ':one': { N: '1' } } };
  const request = { ...names, ...values };
  const row = { owner: { S: 'you' }, asked: { S: 'x' } };
  const condition = { ...request, ConditionExpression: '#e0 = :e0 AND attribute_not_exists(#e1)' };
  expect(meets(row, condition)).toBe(true);
  expect(meets({ ...row, gone: { S: '' } }, condition)).toBe(false);
  expect(meets(undefined, condition)).toBe(false);
  expect(updated(row, 'SET #s0 = :s0 REMOVE #s1', request)).toEqual({ owner: { S: 'me' } });
  expect(updated(row, 'REMOVE #s1', request)).toEqual({ owner: { S: 'you' } });
  expect(updated({}, 'ADD #s0 :one', request)).toEqual({ owner: { N: '1' } });
  expect(() => updated(row, 'DELETE #s0 :s0', request)).toThrow('not known here');
});

test('the tables keep leases, count trade rows and refuse what a condition forbids', () => {
  const tables = new Tables();
  const lease = {
    TableName: 'supernoba-engine',
    Key: { leaseKey: { S: 'shard' } },
    UpdateExpression: 'SET #s0 = :s0',
    ConditionExpression: 'attribute_not_exists(#s0)',
    ExpressionAttributeNames: { '#s0': 'checkpoint' },
    ExpressionAttributeValues: { ':s0': { S: '17' } },
  };
  tables.serve('UpdateItem', JSON.stringify(lease));
  expect(tables.checkpoints()).toEqual({ shard: '17' });
  expect(() => tables.serve('UpdateItem', JSON.stringify(lease))).toThrow(AwsRefusal);
  const Item = { pk: { S: 'A#1' }, trade_no: { N: '1' }, taker_is_buy: { BOOL: true } };
  tables.serve('BatchWriteItem', JSON.stringify({ RequestItems: { trade_history: [{ PutRequest: { Item } }] } }));
  const twin = new RowTally();
  twin.add('A#1|1', { pk: 'A#1', trade_no: 1, taker_is_buy: true });
  expect([tables.trades.rows, tables.trades.sum]).toEqual([1, twin.sum]);
});

test('metrics are added up over their labels, and another name that begins alike is not among them', () => {
  const text = '# HELP x\nx_total{shard="a"} 2\nx_total{shard="b"} 3\nx_total_more 9\ny 1.5\n';
  expect([sumOf(text, 'x_total'), sumOf(text, 'y'), sumOf(text, 'z')]).toEqual([5, 1.5, 0]);
});

test('time counts for the nearest caller that belongs to an area, idle time for none', () => {
  const node = (id: number, functionName: string, url: string, children: number[] = []) => ({
    id,
    callFrame: { functionName, url, lineNumber: 0, columnNumber: 0 },
    children,
  });
  const nodes = [
    node(1, '(root)', '', [2, 4, 5]),
    node(2, 'addFill', 'libs/protocol/src/event-list.ts', [3]),
    node(3, 'test', ''),
    node(4, '(idle)', ''),
    node(5, '(garbage collector)', ''),
  ];
  const areas = areasOf({ nodes, samples: [3, 4, 5], timeDeltas: [30, 100, 10] }, ({ url }) => url);
  expect(areas).toEqual([
    { area: 'encode events', share: 0.75 },
    { area: 'gc', share: 0.25 },
  ]);
});

test('every difference between what is held and what must be is named', () => {
  const sums = { A: { events: 2, sum: 'x' } };
  const expected = { fills: sums, statuses: sums, tradeRows: 2, tradeRowSum: 7, refusals: 0, naiveRecords: 1 };
  const frames = [{ symbol: 'A', depth: '{"u":2}', ticker: '' }];
  const held = {
    kind: 'report' as const,
    fills: sums,
    statuses: { A: { events: 1, sum: 'y' } },
    tradeRows: 2,
    tradeRowSum: 7,
    otherRows: 0,
    archiveSegments: 1,
    archiveRecords: 3,
    repeats: 0,
    ticks: 0,
    frames: new Map([['A', { depth: '{"u":1}', ticker: null }]]),
  };
  expect(compareHeld(held, { ...expected, frames }, 3)).toEqual({
    compared: 11,
    differences: [
      'the number of statuses of A is 1, expected 2',
      'the checksum of the statuses of A is y, expected x',
      'depth:A is {"u":1}, expected {"u":2}',
    ],
  });
});
