import { archivePrefix, decodeSegment } from '@supernoba/journal-archive';

/** The bucket: segments of the archive are kept to be counted, snapshots and manifests to be read. */
export class Bucket {
  readonly #objects = new Map<string, Buffer>();
  puts = 0;

  put(key: string, bytes: Buffer): void {
    this.puts += 1;
    this.#objects.set(key, bytes);
  }

  get(key: string): Buffer | undefined {
    return this.#objects.get(key);
  }

  delete(key: string): void {
    this.#objects.delete(key);
  }

  /** The answer of ListObjectsV2: keys of ours need no escaping. */
  list(prefix: string, after: string): string {
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const contents = keys.slice(0, 1_000).map((key) => `<Contents><Key>${key}</Key></Contents>`);
    return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>${contents.join('')}<IsTruncated>false</IsTruncated></ListBucketResult>`;
  }

  /** Segments of a shard's archive and the records in them. @throws ArchiveError for what is no segment */
  archive(shardId: string): { segments: number; records: number } {
    let segments = 0;
    let records = 0;
    for (const [key, bytes] of this.#objects) {
      if (!key.startsWith(archivePrefix(shardId))) continue;
      segments += 1;
      records += decodeSegment(bytes, key).records.length;
    }
    return { segments, records };
  }
}
