import { generateWorkload } from '../workload/generate.js';
import type { DrivenBook } from './driven-book.js';
import { proveFlow } from './flow.js';
import { compareOutcome } from './outcome.js';
import { OwnBook, WHOLE } from './own-book.js';
import { runUntimed } from './passes.js';
import { PeerBook } from './peer-book.js';

const flow = proveFlow(generateWorkload(2_000, 8_000, 11));
const run = (driven: DrivenBook) => {
  runUntimed(driven, 0, flow.types.length);
  return driven.outcome();
};

test('our book reaches the whole outcome of the header, with short and long ids and with request ids', () => {
  expect(flow.header.trades).toBeGreaterThan(1_000);
  for (const options of [WHOLE, { ...WHOLE, idLength: 40 as const }, { ...WHOLE, requestIds: true }]) {
    expect(compareOutcome(flow.header, run(new OwnBook(flow, options)))).toBe(6);
  }
});

test('without reading events and depth, what is left of the outcome is compared', () => {
  const outcome = run(new OwnBook(flow, { ...WHOLE, readsEvents: false, readsDepth: false }));
  expect(compareOutcome(flow.header, outcome)).toBe(3);
});

test('the peer reaches the whole outcome by its public calls', () => {
  expect(compareOutcome(flow.header, run(new PeerBook(flow, 13)))).toBe(6);
  expect(compareOutcome(flow.header, run(new PeerBook(flow, 40)))).toBe(6);
});

test('a timed run leaves a time for every command of the batch', () => {
  const driven = new OwnBook(flow, WHOLE);
  const latencies = new Float64Array(1_000);
  driven.prepare(0, 1_000);
  driven.runTimed(latencies, 0);
  expect(latencies.every((ns) => ns > 0)).toBe(true);
});

test('the same flow again on the same book, under new ids, reaches the header again', () => {
  const driven = new OwnBook(flow, { ...WHOLE, requestIds: true });
  for (let lap = 0; lap < 3; lap += 1) {
    expect(compareOutcome(flow.header, run(driven))).toBe(6);
    driven.startLap();
    expect(driven.book.openOrders).toBe(0);
  }
});

test('a header that says something else is an error that names the difference', () => {
  const outcome = run(new OwnBook(flow, WHOLE));
  for (const field of ['trades', 'tradeHash', 'finalLive', 'depthHash'] as const) {
    const tampered = { ...flow.header, [field]: flow.header[field] + 1 };
    expect(() => compareOutcome(tampered, outcome)).toThrow(`${field} ${flow.header[field]} instead of`);
  }
  for (const field of ['quantity', 'notional'] as const) {
    const tampered = { ...flow.header, [field]: flow.header[field] + 1n };
    expect(() => compareOutcome(tampered, outcome)).toThrow(`${field} ${flow.header[field]} instead of`);
  }
});
