import { readArchive } from '@supernoba/journal-archive';
import { eventually } from '@supernoba/testing';
import { TABLES, type FillEvent } from '@supernoba/protocol';
import { depthFrame, tickerFrame } from '../../src/matching/frames.js';
import { deduplicated, freshReplay, sorted, type Replayed } from './replay.js';
import type { JournalRecord } from '../../src/ports.js';
import { FILLS, ORDERS, STATUSES, type Stack } from './stack.js';

/** Every store holds exactly what a fresh replay of the journal gives: nothing lost, nothing doubled, nothing else. */
export function expectReplayEquality(stack: Stack): Promise<Replayed> {
  // A minute that ends meanwhile brings a TICK: then the journal that was read is not the one that was published.
  return eventually(
    async () => {
      await stack.published();
      return compare(stack);
    },
    { everyMs: 300 },
  );
}

async function compare(stack: Stack): Promise<Replayed> {
  const journal = await stack.journal();
  const fresh = freshReplay(journal, await stack.kinesis.listShards(ORDERS));
  const [fills, statuses, dead] = await Promise.all([
    stack.events<FillEvent>(FILLS),
    stack.events(STATUSES),
    stack.rows(TABLES.deadLetters.name),
  ]);
  expect(sorted(deduplicated(fills))).toEqual(sorted(fresh.fills));
  expect(sorted(deduplicated(statuses))).toEqual(sorted(fresh.statuses));
  expect(dead).toHaveLength(fresh.deadLetters);
  await expectArchive(stack, journal);
  await expectMarketData(stack, fresh);
  return fresh;
}

/** The archive holds every record that the stream has, byte for byte, each once. */
async function expectArchive(stack: Stack, journal: Map<string, JournalRecord[]>): Promise<void> {
  for (const [shardId, records] of journal) {
    const archived: JournalRecord[] = [];
    for await (const segment of readArchive(stack.objects, shardId)) archived.push(...segment.records);
    const inStream = archived.slice(archived.length - records.length);
    expect(inStream.map(comparable)).toEqual(records.map(comparable));
  }
}

function comparable({ data, ...place }: JournalRecord): object {
  return { ...place, data: Buffer.from(data).toString('latin1') };
}

/** Depth, ticker, candles and trades are the fold of the journal. */
async function expectMarketData(stack: Stack, fresh: Replayed): Promise<void> {
  for (const machine of fresh.matchers.flatMap((matcher) => [...matcher.machines.values()])) {
    const { symbol, fold } = machine;
    expect(await stack.depth.get(`depth:${symbol}`)).toBe(depthFrame(machine));
    expect((await stack.depth.get(`ticker:${symbol}`)) ?? '').toBe(tickerFrame(machine));
    const { v, n, q } = await stack.depth.hgetall(`candle:1m:${symbol}`);
    expect([v, n, q]).toEqual(
      fold.candle === undefined
        ? [undefined, undefined, undefined]
        : [String(fold.candle.v), String(fold.candle.n), String(fold.candle.q)],
    );
    const closed = await stack.depth.lrange(`candle:closed:1m:${symbol}`, 0, -1);
    const starts = closed.map((json) => (JSON.parse(json) as { t: number }).t);
    expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
    expect(starts.slice(-fold.closed.length || starts.length)).toEqual(fold.closed.map(({ t }) => t));
    const trades = await stack.depth.lrange(`trades:${symbol}`, 0, -1);
    expect(trades).toEqual(fold.recentTrades().map((trade) => JSON.stringify(trade)));
  }
}
