import {
  BatchOutput,
  depthFrame,
  orderBooks,
  ShardMatcher,
  tickerFrame,
  type MinuteCandle,
  type SymbolMachine,
} from '@supernoba/engine/matching';
import { encodeSnapshot } from '@supernoba/engine/snapshot';
import type { ArchivedRecord } from '@supernoba/journal-archive';
import { tradeRow } from '@supernoba/history';
import type { FillEvent } from '@supernoba/protocol';
import { createHash } from 'node:crypto';
import type { HeldEvent, HeldMarketData, HeldRow, HeldShard, HeldSnapshot, HeldStores } from '../../src/index.js';
import { OrderFlow } from '../../src/order-flow.js';

const MAX_HASH_KEY = String(2n ** 128n - 1n);
const START_MS = 1_760_000_000_000;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
/** Stores that a test may tamper with. */
export type Stores = Mutable<
  Omit<HeldStores, 'marketData' | 'history'> & {
    previousDays: Map<string, string | undefined>;
    shards: (Mutable<HeldShard> & { archive: ArchivedRecord[]; stream: ArchivedRecord[] })[];
    fills: HeldEvent[][];
    statuses: HeldEvent[][];
    tradeRows: Record<string, unknown>[];
    deadLetterRows: Record<string, unknown>[];
    snapshots: Mutable<HeldSnapshot>[];
    marketData: Map<
      string,
      Mutable<HeldMarketData> & { candle: Record<string, string>; closed: string[]; trades: string[] }
    >;
  }
>;

/** A journal of random orders, one every `everyMs`; record 6 is no order. */
export function journalOf(seed: number, count: number, symbols: readonly string[], everyMs = 2_000): ArchivedRecord[] {
  const flow = new OrderFlow('t', symbols, 3, seed);
  return Array.from({ length: count }, (_, index) => {
    const { symbol, user, entries } = flow.batch(3);
    const orders = entries.map((entry) => ({ ...entry, symbol, user_id: `user-${user}`, ...addDefaults(entry) }));
    const text = index === 6 ? 'no order' : JSON.stringify(orders);
    return {
      sequenceNumber: String(10n ** 55n + BigInt(index)),
      arrivalMs: START_MS + index * everyMs,
      partitionKey: symbol,
      data: Buffer.from(text),
    };
  });
}

function addDefaults(entry: { action: string; price?: number }): object {
  return entry.action === 'ADD' && entry.price === undefined ? { price: 0 } : {};
}

/** The stores of an exchange that has published all of a journal: made with the fast book. */
export function storesOf(records: readonly ArchivedRecord[]): Stores {
  const matcher = new ShardMatcher(orderBooks);
  const output = new BatchOutput();
  for (const record of records) matcher.apply(record, output);
  const outputs = [...output.symbols.values()];
  const fills = outputs.flatMap(({ fills }) => [...fills]).map(heldEvent);
  const statuses = outputs.flatMap(({ statuses }) => [...statuses]).map(heldEvent);
  const shard = {
    shardId: 'shard-0',
    parents: [],
    startingHashKey: '0',
    endingHashKey: MAX_HASH_KEY,
    archive: [...records],
    stream: [...records],
    publishedTo: matcher.position,
  };
  return {
    shards: [shard],
    fills: [fills],
    statuses: [statuses],
    eventsKeptSince: 0,
    tradeRows: fills.map(({ text }) => ({ ...tradeRow(JSON.parse(text) as FillEvent) })),
    deadLetterRows: output.deadLetters.map(({ sequenceNumber, index, reason }) => {
      return { id: `shard-0#${sequenceNumber}#${index}`, reason };
    }),
    previousDays: new Map([...matcher.machines.values()].map((machine) => [machine.symbol, previousDay(machine)])),
    marketData: new Map([...matcher.machines.values()].map((machine) => [machine.symbol, marketData(machine)])),
    snapshots: [...matcher.machines.values()].map((machine) => {
      const sha256 = createHash('sha256').update(encodeSnapshot(machine)).digest('hex');
      const { symbol, position } = machine;
      return { manifest: 'm', shard: 'shard-0', symbol, position, sha256, actualSha256: sha256 };
    }),
  };
}

function heldEvent(text: string): HeldEvent {
  const { symbol, seq } = JSON.parse(text) as HeldEvent;
  return { symbol, seq, text };
}

function marketData(machine: SymbolMachine) {
  const { fold, seq } = machine;
  return {
    fence: { epoch: '1', seq: String(seq), q: String(fold.q) },
    depth: depthFrame(machine),
    ticker: tickerFrame(machine) || undefined,
    candle: fold.candle === undefined ? {} : (stringsOf(fold.candle) as Record<string, string>),
    closed: fold.closed.map((candle) => JSON.stringify({ ...candle, v: Number(candle.v) })),
    trades: fold.recentTrades().map((trade) => JSON.stringify(trade)),
  };
}

function previousDay({ fold: { previous } }: SymbolMachine): string | undefined {
  if (previous === undefined) return undefined;
  const { t, o, h, l, c, v } = previous;
  return `{"t":${t},"o":${o},"h":${h},"l":${l},"c":${c},"v":"${v}"}`;
}

function stringsOf(candle: MinuteCandle): HeldRow {
  return Object.fromEntries(Object.entries(candle).map(([name, value]) => [name, String(value)]));
}
