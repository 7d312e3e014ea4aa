import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import type { ArchiveStore } from '@supernoba/journal-archive';

/** A bucket, as the readers of archive and snapshots take it. */
export class Bucket implements ArchiveStore {
  constructor(
    private readonly client: S3Client,
    private readonly name: string,
  ) {}

  async list(prefix: string, after?: string): Promise<string[]> {
    const start = after === undefined ? {} : { StartAfter: after };
    const command = new ListObjectsV2Command({ Bucket: this.name, Prefix: prefix, ...start });
    return ((await this.client.send(command)).Contents ?? []).map(({ Key }) => Key!);
  }

  async listAll(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for (let page = await this.list(prefix); page.length > 0; page = await this.list(prefix, page.at(-1))) {
      keys.push(...page);
    }
    return keys;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      const answer = await this.client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
      return await answer.Body?.transformToByteArray();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }
}
