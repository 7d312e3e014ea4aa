import {
  BatchOutput,
  depthFrame,
  orderBooks,
  ShardMatcher,
  tickerFrame,
  type BookFactory,
} from '@supernoba/engine/matching';
import { tradeRow, type StoredTrade } from '@supernoba/history';
import type { FillEvent } from '@supernoba/protocol';
import { createNaiveOrderBook, restoreNaiveOrderBook } from '@supernoba/orderbook/naive';
import { setImmediate as breathe } from 'node:timers/promises';
import type { ShardJournal } from './journal.js';
import { EventTally, RowTally, type SymbolSum } from './tally.js';

/** The plainest code that carries out the rules: it looks through all open orders, every time. */
const naiveBooks: BookFactory = {
  create: (symbol, sink) => createNaiveOrderBook({ symbol, sink }),
  restore: (symbol, bytes, sink) => restoreNaiveOrderBook(bytes, { symbol, sink }),
};

/** What the stores must hold. */
export interface Expected {
  fills: Record<string, SymbolSum>;
  statuses: Record<string, SymbolSum>;
  tradeRows: number;
  tradeRowSum: number;
  /** Values of `depth:S` and `ticker:S`. */
  frames: { symbol: string; depth: string; ticker: string }[];
  /** Statuses that say no. */
  refusals: number;
  /** Records whose events were held to the naive book's. */
  naiveRecords: number;
}

/** Records of each shard that the naive book runs too: its time grows with their square. */
const NAIVE_RECORDS = 8_000;
/** Records between two looks at signals and timers. */
const BREATH_RECORDS = 5_000;

/**
 * Replays what every shard served, in this process. The order book runs all of it, the naive book the beginning, and both
 * must give the same events there.
 *
 * @param served records, by shard
 * @throws Error where the two books differ
 */
export async function expectedOutcome(
  journals: readonly ShardJournal[],
  served: Readonly<Record<string, number>>,
): Promise<Expected> {
  const fills = new EventTally();
  const statuses = new EventTally();
  const rows = new RowTally();
  const frames: Expected['frames'] = [];
  let refusals = 0;
  let naiveRecords = 0;
  for (const journal of journals) {
    const matcher = new ShardMatcher(orderBooks);
    const judge = new ShardMatcher(naiveBooks);
    const count = served[journal.shard.shardId] ?? 0;
    for (let index = 0; index < count; index += 1) {
      if (index % BREATH_RECORDS === 0) await breathe();
      const out = applied(matcher, journal, index);
      if (index < NAIVE_RECORDS) {
        sameEvents(out, applied(judge, journal, index));
        naiveRecords += 1;
      }
      for (const times of out.rejects.values()) refusals += times;
      for (const { symbol, ...output } of out.symbols.values()) {
        for (const fill of output.fills) {
          fills.add(symbol, fill);
          addRow(rows, tradeRow(JSON.parse(fill) as FillEvent));
        }
        for (const status of output.statuses) statuses.add(symbol, status);
      }
    }
    for (const machine of matcher.machines.values()) {
      frames.push({ symbol: machine.symbol, depth: depthFrame(machine), ticker: tickerFrame(machine) });
    }
  }
  return {
    fills: fills.sums(),
    statuses: statuses.sums(),
    tradeRows: rows.rows,
    tradeRowSum: rows.sum,
    frames,
    refusals,
    naiveRecords,
  };
}

function applied(matcher: ShardMatcher, journal: ShardJournal, index: number): BatchOutput {
  const { json, ...place } = journal.record(index);
  const out = new BatchOutput();
  matcher.apply({ ...place, data: Buffer.from(json) }, out);
  if (out.deadLetters.length > 0) throw new Error(`not an order of ours: ${json}`);
  return out;
}

function sameEvents(got: BatchOutput, judged: BatchOutput): void {
  const text = ({ symbols }: BatchOutput) =>
    JSON.stringify([...symbols.values()].map(({ fills, statuses }) => [[...fills], [...statuses]]));
  if (text(got) !== text(judged)) throw new Error(`the books differ:\n${text(got)}\n${text(judged)}`);
}

function addRow(rows: RowTally, row: StoredTrade): void {
  rows.add(`${row.pk}|${row.trade_no}`, { ...row });
}
