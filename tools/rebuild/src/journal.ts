import { paginateScan, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  Bucket,
  Findings,
  readJournal,
  readRestoreObjects,
  wholeJournal,
  type JournalShard,
} from '@supernoba/audit/journal';
import { CommandFailure } from '@supernoba/command';
import { readArchive } from '@supernoba/journal-archive';
import type { Clients, RebuildSettings } from './settings.js';

export interface Journal {
  shards: readonly JournalShard[];
  records: number;
  /** What its RESTORE records name, by key. */
  restoreObjects: ReadonlyMap<string, Uint8Array>;
}

/**
 * The whole journal out of archive and stream, parents before their children.
 *
 * @throws CommandFailure where the archive does not reach back to the first record of a shard: what is derived from a
 *   part of the journal has wrong numbers
 */
export async function readWholeJournal(
  { kinesis, dynamo, s3 }: Clients,
  settings: RebuildSettings,
  signal: AbortSignal,
): Promise<Journal> {
  const bucket = new Bucket(s3, settings.SNAPSHOT_BUCKET);
  const leases = new Map<string, Readonly<Record<string, unknown>>>();
  const documents = DynamoDBDocumentClient.from(dynamo);
  for await (const page of paginateScan(
    { client: documents },
    { TableName: settings.LEASES_TABLE, ConsistentRead: true },
  )) {
    for (const row of page.Items ?? []) {
      const shardId = String(row['leaseKey']);
      if (!shardId.startsWith('#')) leases.set(shardId, row);
    }
  }
  const held = await readJournal({ kinesis }, bucket, settings, leases, signal);
  const findings = new Findings();
  const journal = wholeJournal(held, findings);
  const [contradiction] = findings.report().differences;
  if (contradiction !== undefined) throw new CommandFailure(`${contradiction.store}: ${contradiction.message}`);
  for (const { shardId, records, archive } of journal) {
    if (records.length > 0) await mustBegin(bucket, shardId, archive.length);
  }
  const records = journal.reduce((sum, shard) => sum + shard.records.length, 0);
  return { shards: journal, records, restoreObjects: await readRestoreObjects(bucket, held) };
}

/** An archive that began with its shard says so in its first segment. */
async function mustBegin(bucket: Bucket, shardId: string, archived: number): Promise<void> {
  const { value: first } = archived === 0 ? { value: undefined } : await readArchive(bucket, shardId).next();
  if (first?.after === '') return;
  throw new CommandFailure(
    `the archive of ${shardId} does not reach back to its first record: nothing can be derived from it`,
  );
}
