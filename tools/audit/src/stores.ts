import { paginateScan, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { TABLES } from '@supernoba/protocol';
import { setTimeout as pause } from 'node:timers/promises';
import { audit } from './audit.js';
import type { AuditReport } from './findings.js';
import type { HeldRow, HeldStores } from './held.js';
import { Bucket } from './read/bucket.js';
import { connectStores, type StoreClients } from './read/clients.js';
import { readJournal } from './read/journal.js';
import { readMarketData } from './read/market-data.js';
import { readMarketHistory, readPreviousDays } from './read/market-history.js';
import { readSnapshots } from './read/snapshots.js';
import { readRestoreObjects } from './read/restore-objects.js';
import { keptSince, readEvents } from './read/stream.js';
import type { AuditSettings } from './settings.js';

export { localEnvironment } from './local-environment.js';
export { auditSettings } from './settings.js';
export { tellReport } from './tell-report.js';

const AGAIN_MS = 2_000;

/** Reads everything: the checkpoints first and the journal last, so that an exchange may run meanwhile. */
export async function readStores(
  clients: StoreClients,
  settings: AuditSettings,
  signal: AbortSignal,
): Promise<HeldStores> {
  const { kinesis, dynamo, depthCache, backupCache } = clients;
  const bucket = new Bucket(clients.s3, settings.SNAPSHOT_BUCKET);
  const checkpointsAt = Date.now();
  const leases = new Map<string, HeldRow>();
  for (const row of await scan(dynamo, settings.LEASES_TABLE)) {
    const shardId = String(row['leaseKey']);
    if (!shardId.startsWith('#')) leases.set(shardId, row);
  }
  const { KINESIS_FILLS_STREAM, KINESIS_STATUS_STREAM } = settings;
  const [statuses, fills, tradeRows, orderRows, deadLetterRows, registered, snapshots] = await Promise.all([
    readEvents(kinesis, KINESIS_STATUS_STREAM, signal),
    readEvents(kinesis, KINESIS_FILLS_STREAM, signal),
    scan(dynamo, settings.DYNAMODB_TABLE),
    scan(dynamo, settings.ORDER_TABLE),
    scan(dynamo, settings.DEAD_LETTERS_TABLE),
    scan(dynamo, TABLES.symbols.name),
    readSnapshots(bucket, leases),
  ]);
  const symbols = new Set(registered.map(({ symbol }) => String(symbol)));
  for (const shard of statuses) for (const { symbol } of shard) symbols.add(symbol);
  const history = await readMarketHistory({
    dynamo: clients.table,
    candleTable: settings.CANDLE_TABLE,
    bucket: new Bucket(clients.s3, settings.ARCHIVE_BUCKET),
    symbols,
    scanRows: () => scan(dynamo, settings.CANDLE_TABLE),
  });
  const previousDays = backupCache && (await readPreviousDays(backupCache, settings.VALKEY_HASH_TAGS, symbols));
  const marketData = await readMarketData(depthCache, settings.VALKEY_HASH_TAGS, symbols);
  const kept = await Promise.all([KINESIS_FILLS_STREAM, KINESIS_STATUS_STREAM].map((name) => keptSince(kinesis, name)));
  const shards = await readJournal(clients, bucket, settings, leases, signal);
  const eventsKeptSince = Math.max(...kept);
  const restoreObjects = await readRestoreObjects(bucket, shards);
  const rows = { tradeRows, orderRows, deadLetterRows };
  const markets = { history, marketData, ...(previousDays === undefined ? {} : { previousDays }) };
  return { shards, checkpointsAt, restoreObjects, fills, statuses, eventsKeptSince, ...rows, ...markets, snapshots };
}

async function scan(dynamo: DynamoDBDocumentClient, TableName: string): Promise<HeldRow[]> {
  const rows: HeldRow[] = [];
  for await (const page of paginateScan({ client: dynamo }, { TableName, ConsistentRead: true })) {
    rows.push(...(page.Items ?? []));
  }
  return rows;
}

export interface ExchangeAudit {
  report: AuditReport;
  held: HeldStores;
}

export interface ExchangeAuditOptions {
  /** What is on its way (a cache that heals, a shard that is taken over) gets this time to arrive. */
  waitMs: number;
  /** Whether the flow has ended, and everything in the journal must have been published. */
  isDrained: boolean;
  signal: AbortSignal;
  say: (message: string) => void;
}

/** Audits an exchange, again and again until nothing differs or the time is up. */
export async function auditExchange(settings: AuditSettings, options: ExchangeAuditOptions): Promise<ExchangeAudit> {
  const { waitMs, isDrained, signal, say } = options;
  const deadline = performance.now() + waitMs;
  const clients = await connectStores(settings, say);
  try {
    for (;;) {
      const held = await readStores(clients, settings, signal);
      const report = audit(held);
      const { differencesFound, differences, counts } = report;
      const pending = isDrained ? counts.recordsPending + counts.tradeRowsBehind + counts.orderRowsBehind : 0;
      if (differencesFound + pending === 0 || performance.now() > deadline) return { report, held };
      const first = differences[0] === undefined ? '' : `, the first in ${differences[0].store}`;
      say(`${differencesFound} differences, ${pending} records or rows on their way${first}: looking again`);
      await pause(AGAIN_MS, undefined, { signal });
    }
  } finally {
    clients.close();
  }
}
