import type { Shard } from '../ports.js';
import { forgottenRows, lineageOf, planLeases, type LeaseView } from './lease-plan.js';
import type { LeaseRow } from './lease-table.js';

const shard = (shardId: string, ...parents: string[]): Shard => ({
  shardId,
  parents,
  startingHashKey: '0',
  endingHashKey: '9',
});
const row = (shardId: string, changes: Partial<LeaseRow> = {}): LeaseRow => ({
  shardId,
  owner: undefined,
  counter: 1,
  epoch: 1,
  requestedBy: undefined,
  checkpoint: '',
  ended: false,
  manifest: undefined,
  rules: 1,
  ownerSwitches: 0,
  caughtUpAt: undefined,
  ...changes,
});
const rowsOf = (...rows: LeaseRow[]) => new Map(rows.map((one) => [one.shardId, one]));
const ids = (shards: readonly Shard[]) => shards.map(({ shardId }) => shardId);

function view(changes: Partial<LeaseView>): LeaseView {
  return {
    owner: 'me',
    shards: ['a', 'b', 'c', 'd'].map((id) => shard(id)),
    rows: new Map(),
    held: new Set(),
    expired: () => false,
    freeBefore: new Set(),
    ...changes,
  };
}

test('an engine alone takes every shard', () => {
  const plan = planLeases(view({}));
  expect(ids(plan.take)).toEqual(['a', 'b', 'c', 'd']);
  expect(plan.request).toBeUndefined();
});

test('an expired lease is taken up to the share; what nobody took by the next look is taken beyond it', () => {
  const rows = rowsOf(row('a', { owner: 'you' }), row('b', { owner: 'you' }), row('c', { owner: 'dead' }), row('d'));
  const expired = (one: LeaseRow) => one.owner === 'dead';
  const first = planLeases(view({ rows, expired, held: new Set(['x']), shards: view({}).shards }));
  expect(ids(first.free)).toEqual(['c', 'd']);
  expect(ids(first.take)).toEqual(['c']);
  const second = planLeases(view({ rows, expired, held: new Set(['x', 'c']), freeBefore: new Set(['d']) }));
  expect(ids(second.take)).toEqual(['d']);
});

test('a shard that was asked for is left to who asked, until a lease would have run out', () => {
  const rows = rowsOf(row('a', { requestedBy: 'you' }));
  const shards = [shard('a')];
  const freeBefore = new Set(['a']);
  expect(planLeases(view({ rows, shards, freeBefore })).take).toEqual([]);
  expect(ids(planLeases(view({ rows, shards, expired: () => true })).take)).toEqual(['a']);
  expect(ids(planLeases(view({ rows, shards, owner: 'you' })).take)).toEqual(['a']);
});

test('an engine with less asks the most loaded for one shard at a time, while two or more lie between them', () => {
  const owned = (owner: string, ...shardIds: string[]) => shardIds.map((id) => row(id, { owner }));
  const shards = ['a', 'b', 'c', 'd', 'e'].map((id) => shard(id));
  const rows = rowsOf(...owned('rich', 'a', 'b', 'c'), ...owned('poor', 'd'), ...owned('me', 'e'));
  expect(planLeases(view({ shards, rows, held: new Set(['e']) })).request?.shardId).toBe('a');
  rows.set('a', row('a', { owner: 'rich', requestedBy: 'me' }));
  expect(planLeases(view({ shards, rows, held: new Set(['e']) })).request).toBeUndefined();
  const even = rowsOf(...owned('rich', 'a', 'b', 'c'), ...owned('me', 'd', 'e'));
  expect(planLeases(view({ shards, rows: even, held: new Set(['d', 'e']) })).request).toBeUndefined();
});

test('whoever is asked hands over what it holds', () => {
  const rows = rowsOf(row('a', { owner: 'me', requestedBy: 'you' }), row('b', { owner: 'me', requestedBy: 'me' }));
  expect(planLeases(view({ rows, held: new Set(['a', 'b']) })).handOver).toEqual(['a']);
});

test('a take whose answer was lost is taken again', () => {
  const rows = rowsOf(row('a', { owner: 'me' }));
  expect(ids(planLeases(view({ rows, shards: [shard('a')] })).take)).toEqual(['a']);
});

test('parents come before children: all of them must have ended', () => {
  const shards = [shard('a'), shard('b'), shard('c', 'a', 'b')];
  const rows = rowsOf(row('a', { ended: true, manifest: 'm' }), row('b', { owner: 'you' }));
  expect(lineageOf(shards[2]!, rows, shards)).toBe('PARENTS_OPEN');
  expect(lineageOf(shards[0]!, rows, shards)).toBe('ENDED');
  rows.set('b', row('b', { ended: true, manifest: 'm' }));
  expect(ids(planLeases(view({ shards, rows })).take)).toEqual(['c']);
});

test('a child that has begun needs its parents no more; one that has not, and whose parents are unknown, has nothing to start from', () => {
  const child = shard('c', 'a');
  expect(lineageOf(child, rowsOf(row('c', { manifest: 'm' })), [child])).toBe('READY');
  expect(lineageOf(child, rowsOf(row('c')), [child])).toBe('PARENTS_UNKNOWN');
  expect(lineageOf(child, rowsOf(row('c')), [child, shard('a')])).toBe('PARENTS_OPEN');
});

test('a parent whose row is gone is not read again while its children go on', () => {
  const shards = [shard('a', 'z'), shard('c', 'a')];
  expect(lineageOf(shards[0]!, rowsOf(row('c', { manifest: 'm' })), shards)).toBe('ENDED');
});

test('the row of an ended shard goes once the stream has forgotten it and every child has a manifest', () => {
  const ended = row('a', { ended: true, manifest: 'm' });
  const begun = row('c', { manifest: 'm' });
  expect(forgottenRows([shard('a'), shard('c', 'a')], rowsOf(ended, begun))).toEqual([]);
  expect(forgottenRows([shard('c', 'a')], rowsOf(ended, row('c')))).toEqual([]);
  expect(forgottenRows([shard('c', 'a')], rowsOf(ended, begun))).toEqual([ended]);
  expect(forgottenRows([], rowsOf(begun))).toEqual([]);
});
