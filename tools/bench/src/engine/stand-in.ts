import { serveAws } from './aws-server.js';
import { Bucket } from './bucket.js';
import { EventStreams } from './event-streams.js';
import { benchShards, ShardJournal, type JournalPlan } from './journal.js';
import { OrdersStream } from './orders-stream.js';
import { leaveShard } from './predecessor.js';
import type { Report, StandInMessage, StandInRequest } from './stand-in-messages.js';
import { Tables } from './tables.js';

// The process of the stand-ins: started with a JournalPlan as JSON, ends with its parent.
function tell(message: StandInMessage): void {
  process.send?.(message);
}

async function main(): Promise<void> {
  const plan = JSON.parse(process.argv[2] ?? '') as JournalPlan;
  process.once('disconnect', () => process.exit(0));
  const journals = benchShards().map((shard, index) => new ShardJournal(shard, index, plan));
  const orders = new OrdersStream(journals);
  const events = new EventStreams();
  const tables = new Tables();
  const bucket = new Bucket();
  if (plan.isPublished) {
    orders.open();
    for (const journal of journals) leaveShard(journal, bucket, tables);
  }
  const onFault = (error: unknown) =>
    tell({ kind: 'fault', message: error instanceof Error ? `${error.stack}` : String(error) });
  const { port } = await serveAws({ orders, events, tables, bucket, onFault });
  process.on('message', (request: StandInRequest) => {
    switch (request) {
      case 'open':
        return orders.open();
      case 'close':
        return orders.close();
      case 'progress':
        return tell({ kind: 'progress', served: orders.served(), checkpoints: tables.checkpoints() });
      case 'fills':
        return tell({ kind: 'fills', records: events.fillRecords });
      case 'report':
        return tell(report(events, tables, bucket));
    }
  });
  tell({ kind: 'ready', port, records: journals.reduce((sum, { length }) => sum + length, 0) });
}

function report(events: EventStreams, tables: Tables, bucket: Bucket): Report {
  const archives = benchShards().map(({ shardId }) => bucket.archive(shardId));
  return {
    kind: 'report',
    fills: events.fills.sums(),
    statuses: events.statuses.sums(),
    tradeRows: tables.trades.rows,
    tradeRowSum: tables.trades.sum,
    otherRows: tables.otherRows,
    archiveSegments: archives.reduce((sum, { segments }) => sum + segments, 0),
    archiveRecords: archives.reduce((sum, { records }) => sum + records, 0),
    repeats: events.fills.repeats + events.statuses.repeats + tables.trades.repeats,
    ticks: events.ticks,
  };
}

await main();
