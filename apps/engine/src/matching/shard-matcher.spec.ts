import type { FillEvent, JournalEntry, OrderStatusEvent } from '@supernoba/protocol';
import type { JournalRecord } from '../ports.js';
import { decodeSnapshot, encodeSnapshot } from '../snapshot/symbol-snapshot.js';
import { orderBooks } from './books.js';
import { depthFrame, tickerFrame } from './frames.js';
import { BatchOutput } from './output.js';
import { comparePositions } from './positions.js';
import { SnapshotNeeded } from './restores.js';
import { ShardMatcher } from './shard-matcher.js';

const T0 = Date.UTC(2025, 11, 14, 5, 54, 10);
const MINUTE_END = Date.UTC(2025, 11, 14, 5, 55);
const DAY_END = Date.UTC(2025, 11, 14, 15);

/** A journal in the making: `at` gives each record its arrival. */
class Journal {
  readonly records: JournalRecord[] = [];

  at(arrivalMs: number, ...entries: (JournalEntry | object)[]): this {
    for (const entry of entries) {
      const [first] = (Array.isArray(entry) ? entry : [entry]) as { symbol?: string }[];
      this.records.push({
        sequenceNumber: String(10n ** 20n + BigInt(this.records.length)),
        arrivalMs,
        partitionKey: first?.symbol ?? 'TICK',
        data: Buffer.from(JSON.stringify(entry)),
      });
    }
    return this;
  }
}

function order(id: string, isBuy: boolean, price: number, quantity: number, more: object = {}) {
  const user_id = isBuy ? 'alice' : 'bob';
  return { action: 'ADD', symbol: 'TEST', order_id: id, user_id, is_buy: isBuy, price, quantity, ...more };
}
const TICK = { action: 'TICK' };

function run(journal: Journal, matcher = new ShardMatcher(orderBooks)) {
  const out = new BatchOutput();
  for (const record of journal.records) matcher.apply(record, out);
  const test = out.symbols.get('TEST');
  return {
    matcher,
    out,
    machine: matcher.machines.get('TEST')!,
    fills: [...(test?.fills ?? [])].map((json) => JSON.parse(json) as FillEvent),
    statuses: [...(test?.statuses ?? [])].map((json) => JSON.parse(json) as OrderStatusEvent),
  };
}

test('event time never goes back: it is the larger of the previous event time and the arrival', () => {
  const { statuses } = run(
    new Journal()
      .at(T0 + 50, order('b1', true, 90, 1))
      .at(T0, order('b2', true, 90, 1))
      .at(T0 + 60, order('b3', true, 90, 1)),
  );
  expect(statuses.map(({ timestamp }) => timestamp)).toEqual([T0 + 50, T0 + 50, T0 + 60]);
});

test('the minute closes before the next record of the symbol, whatever it is', () => {
  const journal = new Journal().at(T0, order('s1', false, 100, 9), order('b1', true, 100, 1));
  journal.at(MINUTE_END, { action: 'CANCEL', symbol: 'TEST', order_id: 'none', user_id: 'alice' });
  const { machine } = run(journal);
  expect(machine.fold.candle).toBeUndefined();
  expect(machine.fold.closed).toEqual([
    { t: MINUTE_END / 1000 - 60, o: 100, h: 100, l: 100, c: 100, v: 1n, n: 1, q: 1 },
  ]);
});

test('a TICK fires what is due at its own arrival, and changes no symbol without a due timer', () => {
  const journal = new Journal().at(T0, order('s1', false, 100, 9), order('b1', true, 100, 1));
  journal.at(MINUTE_END - 1, TICK).at(MINUTE_END + 5_000, TICK);
  const matcher = new ShardMatcher(orderBooks);
  const steps = journal.records.map((record) => {
    const out = new BatchOutput();
    matcher.apply(record, out);
    const { fold, time } = matcher.machines.get('TEST')!;
    return [out.symbols.has('TEST'), time, fold.closed.length];
  });
  expect(steps.slice(2)).toEqual([
    [false, T0, 0],
    [true, MINUTE_END, 1],
  ]);
});

test('after a timer fired, a record that arrived before its deadline counts from the deadline', () => {
  const journal = new Journal().at(T0, order('s1', false, 100, 9), order('b1', true, 100, 1));
  journal.at(MINUTE_END + 1_500, TICK).at(MINUTE_END - 3, order('b2', true, 100, 1));
  const { fills, machine } = run(journal);
  expect(fills.map(({ timestamp }) => timestamp)).toEqual([T0, MINUTE_END]);
  expect(machine.fold.candle).toMatchObject({ t: MINUTE_END / 1000, n: 1, q: 2 });
  expect(machine.fold.closed).toHaveLength(1);
});

test('DAY orders expire at the day boundary, stamped with it, before the next record', () => {
  const journal = new Journal().at(T0, order('d1', true, 90, 5, { tif: 'DAY' }), order('g1', true, 90, 5));
  journal.at(DAY_END + 7, order('s1', false, 90, 5));
  const { statuses, fills } = run(journal);
  expect(statuses.find(({ order_id, status }) => order_id === 'd1' && status === 'EXPIRED')?.timestamp).toBe(DAY_END);
  expect(fills.map(({ buyer, timestamp }) => [buyer.order_id, timestamp])).toEqual([['g1', DAY_END + 7]]);
});

test('the figures of the day follow the symbol’s own offset', () => {
  const journal = new Journal()
    .at(T0, {
      action: 'SYMBOL',
      op: 'CONFIG',
      symbol: 'TEST',
      request_id: 'r',
      actor: 'admin',
      config: { day_offset_min: 0 },
    })
    .at(T0, order('s1', false, 100, 9), order('b1', true, 100, 1))
    .at(DAY_END, order('b2', true, 100, 1));
  const { machine } = run(journal);
  expect([machine.fold.prevClose, machine.fold.dayDeadline]).toEqual([0, Date.UTC(2025, 11, 15)]);
});

test('the depth frame says that a market has halted itself, until a TICK after the deadline', () => {
  const config = { reference_price: 1_000, halt_threshold_bps: 500, halt_duration_ms: 60_000 };
  const journal = new Journal()
    .at(T0, { action: 'SYMBOL', op: 'CONFIG', symbol: 'TEST', request_id: 'r', actor: 'admin', config })
    .at(T0, order('s1', false, 1_040, 1), order('s2', false, 1_060, 1), order('b1', true, 1_060, 2));
  const { machine, matcher, statuses } = run(journal);
  expect(statuses.at(-1)).toMatchObject({ order_id: 'b1', status: 'CANCELLED', reason: 'HALTED', filled: 1 });
  expect(JSON.parse(depthFrame(machine))).toMatchObject({ state: 'halted' });
  const rest = new Journal().at(T0 + 60_000, TICK);
  rest.records[0]!.sequenceNumber = String(2n * 10n ** 20n);
  const { out } = run(rest, matcher);
  expect([...out.symbols.keys()]).toEqual(['TEST']);
  expect(JSON.parse(depthFrame(machine))).not.toHaveProperty('state');
});

test('depth and ticker frames are JSON of their documented shape', () => {
  const journal = new Journal().at(T0, order('s1', false, 100, 9), order('b1', true, 100, 1), order('b2', true, 99, 4));
  const { machine } = run(journal);
  expect(JSON.parse(depthFrame(machine))).toEqual({
    e: 'd',
    s: 'TEST',
    t: T0,
    b: [[99, 4]],
    a: [[100, 8]],
    u: 6,
    p: 100,
    c: 0,
    yc: 0,
  });
  expect(JSON.parse(tickerFrame(machine))).toEqual({
    e: 't',
    s: 'TEST',
    t: T0,
    p: 100,
    c: 0,
    yc: 0,
    o: 100,
    h: 100,
    l: 100,
    v: 1,
  });
  machine.fold.closeDay();
  expect(JSON.parse(tickerFrame(machine))).toMatchObject({ o: 100, h: 100, l: 100, v: 0 });
});

test('an operator’s records halt, resume, cancel and delist', () => {
  const admin = (op: string, more: object = {}) => ({
    action: 'SYMBOL',
    op,
    symbol: 'TEST',
    request_id: op,
    actor: 'admin',
    ...more,
  });
  const journal = new Journal().at(
    T0,
    order('b1', true, 90, 1),
    admin('HALT'),
    order('b2', true, 90, 1),
    admin('CANCEL', { order_id: 'b1' }),
    admin('RESUME'),
    order('b3', true, 90, 1),
    admin('CANCEL_ALL'),
    admin('DELIST'),
    order('b4', true, 90, 1),
  );
  const { statuses, machine } = run(journal);
  expect(statuses.map(({ order_id, status, reason }) => [order_id, status, reason])).toEqual([
    ['b1', 'ACCEPTED', undefined],
    ['b2', 'REJECTED', 'HALTED'],
    ['b1', 'CANCELLED', undefined],
    ['b3', 'ACCEPTED', undefined],
    ['b3', 'CANCELLED', undefined],
    ['b4', 'REJECTED', 'DELISTED'],
  ]);
  expect(machine.book.state).toBe('delisted');
});

describe('RESTORE', () => {
  const object = { key: 'operator-snapshots/symbol=TEST/1.snap', sha256: 'ab'.repeat(32) };
  const restore = (request_id: string) => ({
    action: 'SYMBOL',
    op: 'RESTORE',
    symbol: 'TEST',
    request_id,
    actor: 'admin',
    snapshot: object,
  });
  /** Journal: b1, b2; then, after the snapshot, b1 trades with s1, b2 is cancelled and b3 comes. */
  const before = () => new Journal().at(T0, order('b1', true, 90, 5), order('b2', true, 89, 5));
  const after = (journal: Journal) =>
    journal.at(T0 + 1, order('s1', false, 90, 2), order('b3', true, 88, 5), {
      action: 'CANCEL',
      symbol: 'TEST',
      order_id: 'b2',
      user_id: 'alice',
    });
  const bookThen = () => run(before()).machine.book.snapshot();
  const told = (statuses: OrderStatusEvent[]) =>
    statuses.map(({ seq, order_id, status, reason = '', open }) => `${seq} ${order_id} ${status} ${reason} ${open}`);

  /** Applies the record as the engine does, with the bytes that it is given. */
  function applied(matcher: ShardMatcher, journal: Journal, book: Uint8Array | undefined) {
    const out = new BatchOutput();
    for (const record of journal.records) {
      try {
        matcher.apply(record, out);
      } catch (error) {
        if (!(error instanceof SnapshotNeeded)) throw error;
        matcher.supply(error.object, book);
        matcher.apply(record, out);
      }
    }
    return {
      out,
      statuses: [...(out.symbols.get('TEST')?.statuses ?? [])].map((json) => JSON.parse(json) as OrderStatusEvent),
    };
  }

  test('a record whose snapshot was not supplied changes nothing and says what it needs', () => {
    const { matcher, machine } = run(before());
    const hash = machine.book.stateHash();
    const [record] = new Journal().at(T0 + 2, [order('b9', true, 80, 1), restore('r1')]).records;
    const out = new BatchOutput();
    expect(() => matcher.apply({ ...record!, sequenceNumber: '3' }, out)).toThrow(SnapshotNeeded);
    expect([machine.book.stateHash(), out.records.length, out.entries]).toEqual([hash, 0, 0]);
  });

  test('what vanished is cancelled, what comes back is told, and numbers go on', () => {
    const { statuses } = applied(new ShardMatcher(orderBooks), after(before()).at(T0 + 2, restore('r1')), bookThen());
    expect(told(statuses).slice(-3)).toEqual([
      '9 b3 CANCELLED RESTORED 0',
      '10 b1 REPLACED RESTORED 5',
      '11 b2 ACCEPTED RESTORED 5',
    ]);
  });

  test('a record that came twice restores once', () => {
    const journal = after(before()).at(T0 + 2, restore('r1'), order('s2', false, 90, 5), restore('r1'));
    const { statuses } = applied(new ShardMatcher(orderBooks), journal, bookThen());
    expect(told(statuses).at(-1)).toMatch(/s2 FILLED/);
    const again = applied(new ShardMatcher(orderBooks), journal.at(T0 + 3, restore('r2')), bookThen());
    expect(told(again.statuses).at(-1)).toMatch(/RESTORED/);
  });

  test.each<[string, Uint8Array | undefined]>([
    ['an object that is no snapshot', undefined],
    ['a damaged book', Buffer.from('no book')],
    [
      'the book of another symbol',
      orderBooks.create('OTHER', { onFill: () => undefined, onStatus: () => undefined }).snapshot(),
    ],
  ])('%s becomes a dead letter, and the market goes on', (_name, book) => {
    const journal = before().at(T0 + 2, restore('r1'), order('b9', true, 80, 1));
    const { out, statuses } = applied(new ShardMatcher(orderBooks), journal, book);
    expect(out.deadLetters.map(({ reason }) => reason)).toEqual(['MALFORMED']);
    expect(told(statuses).at(-1)).toBe('3 b9 ACCEPTED  1');
  });
});

test('an answer to a bad element takes the next numbers; later events and a snapshot count on from it', () => {
  const bad = { ...order('x1', true, 1.5, 1), request_id: 'r1' };
  const journal = new Journal().at(
    T0,
    order('b1', true, 90, 1),
    bad,
    { ...bad, order_id: 'b1' },
    order('s1', false, 90, 1),
  );
  const { statuses, fills, machine } = run(journal);
  expect(statuses.map(({ seq, n, order_id, status }) => [seq, n, order_id, status])).toEqual([
    [1, 1, 'b1', 'ACCEPTED'],
    [2, 2, 'x1', 'REJECTED'],
    [3, 3, 'b1', 'DUPLICATE'],
    [4, 4, 's1', 'ACCEPTED'],
    [6, 5, 'b1', 'FILLED'],
    [7, 6, 's1', 'FILLED'],
  ]);
  expect([fills[0]?.seq, machine.seq]).toEqual([5, 7]);
  const { book, state } = decodeSnapshot(encodeSnapshot(machine));
  const matcher = new ShardMatcher(orderBooks);
  matcher.restore('TEST', book, state);
  journal.at(T0 + 1, order('b2', true, 80, 1));
  expect(run(journal, matcher).statuses.map(({ seq, n }) => [seq, n])).toEqual([[8, 7]]);
});

test('a snapshot at any record, and the rest of the journal, give what the whole journal gives', () => {
  const journal = new Journal();
  let time = T0;
  for (let i = 0; i < 120; i++) {
    time += (i * 7919) % 9_000;
    if (i % 17 === 16) journal.at(time, TICK);
    else if (i % 11 === 10)
      journal.at(time, { action: 'CANCEL', symbol: 'TEST', order_id: `o${i - 3}`, user_id: 'alice' });
    else journal.at(time, order(`o${i}`, i % 2 === 0, 95 + ((i * 31) % 11), 1 + ((i * 13) % 40)));
  }
  const whole = run(journal);
  expect(whole.fills.length).toBeGreaterThan(20);
  for (const cut of [1, 13, 50, 77, 119]) {
    const before = new ShardMatcher(orderBooks);
    for (const record of journal.records.slice(0, cut)) before.apply(record, undefined);
    const restored = new ShardMatcher(orderBooks);
    const { book, state } = decodeSnapshot(encodeSnapshot(before.machines.get('TEST')!));
    restored.restore('TEST', book, state);
    // Given the whole journal again, it skips what the snapshot holds.
    const rest = run(journal, restored);
    expect([...rest.out.symbols.get('TEST')!.fills]).toEqual(
      [...whole.out.symbols.get('TEST')!.fills].slice(-rest.fills.length || Infinity),
    );
    expect(Buffer.from(encodeSnapshot(restored.machines.get('TEST')!))).toEqual(
      Buffer.from(encodeSnapshot(whole.machine)),
    );
    expect(restored.machines.get('TEST')!.book.stateHash()).toBe(whole.machine.book.stateHash());
  }
});

test('a snapshot of another format, cut short, or of two states is refused', () => {
  const { machine } = run(new Journal().at(T0, order('s1', false, 100, 9), order('b1', true, 100, 1)));
  const bytes = encodeSnapshot(machine);
  expect(() => decodeSnapshot(bytes.subarray(0, 7))).toThrow(expect.objectContaining({ code: 'BAD_SNAPSHOT' }));
  expect(() => decodeSnapshot(bytes.subarray(0, 20))).toThrow(expect.objectContaining({ code: 'BAD_SNAPSHOT' }));
  expect(() => decodeSnapshot(Buffer.from('XXXX0000'))).toThrow(expect.objectContaining({ code: 'BAD_SNAPSHOT' }));
  const { book, state } = decodeSnapshot(bytes);
  state.fold.q = 7;
  expect(() => new ShardMatcher(orderBooks).restore('TEST', book, state)).toThrow(
    expect.objectContaining({ code: 'BAD_SNAPSHOT' }),
  );
});

test('positions compare as integers, whatever their length', () => {
  expect(comparePositions('99', '100')).toBeLessThan(0);
  expect(comparePositions('100', '99')).toBeGreaterThan(0);
  expect(comparePositions('100', '101')).toBeLessThan(0);
  expect(comparePositions('100', '100')).toBe(0);
  expect(comparePositions('', '1')).toBeLessThan(0);
});
