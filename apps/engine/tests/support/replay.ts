import type { ExchangeEvent } from '@supernoba/protocol';
import { orderBooks } from '../../src/matching/books.js';
import { BatchOutput } from '../../src/matching/output.js';
import { ShardMatcher } from '../../src/matching/shard-matcher.js';
import { takesKey } from '../../src/journal/hash-range.js';
import type { JournalRecord, Shard } from '../../src/ports.js';

/** What a fresh engine makes of a journal. */
export interface Replayed {
  /** Events as JSON by `symbol seq`. */
  fills: Map<string, string>;
  statuses: Map<string, string>;
  matchers: ShardMatcher[];
  deadLetters: number;
}

/** @param shards whose parents, in the order of their ids, hand their books on to the children whose range they are in */
export function freshReplay(journal: Map<string, JournalRecord[]>, shards: readonly Shard[]): Replayed {
  const replayed: Replayed = { fills: new Map(), statuses: new Map(), matchers: [], deadLetters: 0 };
  const byShard = new Map<string, ShardMatcher>();
  for (const shard of [...shards].sort((a, b) => (a.shardId < b.shardId ? -1 : 1))) {
    const records = journal.get(shard.shardId) ?? [];
    const matcher = new ShardMatcher(orderBooks);
    byShard.set(shard.shardId, matcher);
    for (const { machines } of shard.parents.flatMap((parent) => byShard.get(parent) ?? [])) {
      for (const [symbol, machine] of machines) {
        if (!takesKey(shard, symbol)) continue;
        machines.delete(symbol);
        machine.position = '';
        matcher.machines.set(symbol, machine);
      }
    }
    const out = new BatchOutput();
    for (const record of records) matcher.apply(record, out);
    replayed.matchers.push(matcher);
    replayed.deadLetters += out.deadLetters.length;
    for (const { fills, statuses } of out.symbols.values()) {
      for (const fill of fills) replayed.fills.set(eventKey(JSON.parse(fill) as ExchangeEvent), fill);
      for (const status of statuses) replayed.statuses.set(eventKey(JSON.parse(status) as ExchangeEvent), status);
    }
  }
  return replayed;
}

/** Events as consumers see them: repeats dropped by `seq`. @throws where a repeat is not byte-equal */
export function deduplicated(events: readonly ExchangeEvent[]): Map<string, string> {
  const seen = new Map<string, string>();
  for (const event of events) {
    const json = JSON.stringify(event);
    const key = eventKey(event);
    const before = seen.get(key);
    if (before !== undefined && before !== json) throw new Error(`${key} came twice, and differently`);
    seen.set(key, json);
  }
  return seen;
}

export function sorted(events: Map<string, string>): [string, string][] {
  return [...events].sort(([a], [b]) => (a < b ? -1 : 1));
}

function eventKey(event: ExchangeEvent): string {
  return `${event.symbol} ${String(event.seq).padStart(9, '0')}`;
}
