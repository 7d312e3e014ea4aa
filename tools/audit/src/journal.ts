import type { ArchivedRecord } from '@supernoba/journal-archive';
import { comparePositions } from '@supernoba/protocol';
import type { Findings } from './findings.js';
import type { HeldShard } from './held.js';

/** A record, a TICK above all, that came so shortly before the checkpoints were read is not behind. */
const PUBLISHED_WITHIN_MS = 2_000;

/** A shard whose records are those of archive and stream, each once. */
export interface JournalShard extends HeldShard {
  records: readonly ArchivedRecord[];
}

/**
 * The whole journal, parents before their children. Records that no checkpoint covers are counted as pending.
 *
 * @param checkpointsAt when the checkpoints were read, epoch ms: what arrived later they cannot cover
 */
export function wholeJournal(
  shards: readonly HeldShard[],
  findings: Findings,
  checkpointsAt = Infinity,
): JournalShard[] {
  return parentsFirst(shards).map((shard) => {
    const records = union(shard, findings);
    findings.count('records', records.length);
    const pending = records.filter(
      ({ sequenceNumber, arrivalMs }) =>
        comparePositions(sequenceNumber, shard.publishedTo) > 0 && arrivalMs <= checkpointsAt - PUBLISHED_WITHIN_MS,
    );
    findings.count('recordsPending', pending.length);
    return { ...shard, records };
  });
}

function parentsFirst(shards: readonly HeldShard[]): HeldShard[] {
  const waiting = new Map(shards.map((shard) => [shard.shardId, shard]));
  const sorted: HeldShard[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting.values()].filter(({ parents }) => !parents.some((parent) => waiting.has(parent)));
    if (ready.length === 0) throw new Error(`shards are each other's parents: ${[...waiting.keys()].join(', ')}`);
    for (const shard of ready) {
      waiting.delete(shard.shardId);
      sorted.push(shard);
    }
  }
  return sorted;
}

/** Where both have a record it must be the same one; what the archive must have by now, it must have. */
function union({ shardId, archive, stream, publishedTo }: HeldShard, findings: Findings): ArchivedRecord[] {
  const records: ArchivedRecord[] = [];
  const archiveBegins = archive[0]?.sequenceNumber;
  const lacks = (record: ArchivedRecord) => {
    if (comparePositions(record.sequenceNumber, publishedTo) > 0) return;
    if (archiveBegins !== undefined && comparePositions(record.sequenceNumber, archiveBegins) < 0) {
      findings.notComparable('records from before the archive began');
      return;
    }
    findings.differ('journal archive', `${shardId}: the archive lacks a record\n  ${described(record)}`);
  };
  let a = 0;
  for (const record of stream) {
    for (; a < archive.length && comparePositions(archive[a]!.sequenceNumber, record.sequenceNumber) < 0; a++) {
      records.push(archive[a]!);
    }
    const archived = archive[a];
    if (archived?.sequenceNumber === record.sequenceNumber) {
      a++;
      findings.count('archivedRecordsCompared');
      findings.same('journal archive', `${shardId}: a record`, described(record), described(archived));
    } else lacks(record);
    records.push(record);
  }
  records.push(...archive.slice(a));
  return records;
}

function described({ sequenceNumber, arrivalMs, partitionKey, data }: ArchivedRecord): string {
  return JSON.stringify({ sequenceNumber, arrivalMs, partitionKey, data: Buffer.from(data).toString('latin1') });
}
