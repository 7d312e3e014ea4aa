import {
  BatchOutput,
  ShardMatcher,
  SnapshotNeeded,
  type BookFactory,
  type SymbolMachine,
  type SymbolOutput,
} from '@supernoba/engine/matching';
import { decodeSnapshot } from '@supernoba/engine/snapshot';
import { createNaiveOrderBook, restoreNaiveOrderBook } from '@supernoba/orderbook/naive';
import { comparePositions } from '@supernoba/protocol';
import { createHash } from 'node:crypto';
import type { JournalShard } from './journal.js';

/** The judge: the plainest code that carries out the rules. */
export const naiveBooks: BookFactory = {
  create: (symbol, sink) => createNaiveOrderBook({ symbol, sink }),
  restore: (symbol, bytes, sink) => restoreNaiveOrderBook(bytes, { symbol, sink }),
};

/** What one record did. */
export interface Step {
  shardId: string;
  sequenceNumber: string;
  /** Epoch ms. */
  arrivalMs: number;
  /** Whether the engine had published all of it when the stores were read. */
  published: boolean;
  output: BatchOutput;
}

/** Looks at the replay. */
export interface Observer {
  /** A symbol that the record may have moved; its output is undefined where it gave nothing. */
  moved?(machine: SymbolMachine, output: SymbolOutput | undefined, step: Step): void;
  /** After every record. */
  stepped?(step: Step): void;
}

export interface ReplayOptions {
  books?: BookFactory;
  /** By key, what RESTORE records name. */
  restoreObjects?: ReadonlyMap<string, Uint8Array>;
}

/** Replays the journal from its beginning, through the judge's books unless told. Returns the symbols at its end. */
export function replay(
  journal: readonly JournalShard[],
  observers: readonly Observer[],
  { books = naiveBooks, restoreObjects = new Map() }: ReplayOptions = {},
): Map<string, SymbolMachine> {
  const matchers = new Map<string, ShardMatcher>();
  const symbols = new Map<string, SymbolMachine>();
  for (const shard of journal) {
    const matcher = new ShardMatcher(books);
    for (const parent of shard.parents) adopt(matcher, matchers.get(parent), shard);
    matchers.set(shard.shardId, matcher);
    for (const record of shard.records) {
      const output = new BatchOutput();
      applyTo(matcher, record, output, restoreObjects);
      const { sequenceNumber, arrivalMs, partitionKey } = record;
      const published = comparePositions(sequenceNumber, shard.publishedTo) <= 0;
      const step: Step = { shardId: shard.shardId, sequenceNumber, arrivalMs, published, output };
      for (const symbol of new Set([...output.symbols.keys(), partitionKey])) {
        const machine = matcher.machines.get(symbol);
        if (machine === undefined) continue;
        symbols.set(symbol, machine);
        for (const observer of observers) observer.moved?.(machine, output.symbols.get(symbol), step);
      }
      for (const observer of observers) observer.stepped?.(step);
    }
  }
  return symbols;
}

/** A RESTORE takes the book out of an object: the one that the engine took it from. */
function applyTo(
  matcher: ShardMatcher,
  record: JournalShard['records'][number],
  output: BatchOutput,
  restoreObjects: ReadonlyMap<string, Uint8Array>,
): void {
  // A record may hold several: each is asked for in its turn.
  for (;;) {
    try {
      return matcher.apply(record, output);
    } catch (error) {
      if (!(error instanceof SnapshotNeeded)) throw error;
      const { object } = error;
      const bytes = restoreObjects.get(object.key);
      if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== object.sha256) {
        throw new Error(`the journal restores from ${object.key}, which is gone or is not what it was`, {
          cause: error,
        });
      }
      matcher.supply(object, bookIn(bytes));
    }
  }
}

/** Undefined where the object is no snapshot: the matcher makes a dead letter of it. */
function bookIn(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return decodeSnapshot(bytes).book;
  } catch (error) {
    if (!(error instanceof Error && error.name === 'EngineError')) throw error;
    return undefined;
  }
}

/** After a split or a merge, the child goes on with the symbols whose hash lies in its range. */
function adopt(matcher: ShardMatcher, parent: ShardMatcher | undefined, shard: JournalShard): void {
  const from = BigInt(shard.startingHashKey);
  const to = BigInt(shard.endingHashKey);
  for (const [symbol, machine] of parent?.machines ?? []) {
    const hash = BigInt(`0x${createHash('md5').update(symbol).digest('hex')}`);
    if (hash >= from && hash <= to) matcher.machines.set(symbol, machine);
  }
}
