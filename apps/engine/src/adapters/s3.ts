import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ObjectStore } from '../ports.js';
import { callAws } from './port-errors.js';

/** One S3 bucket. */
export class S3Adapter implements ObjectStore {
  constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
  ) {}

  async put(key: string, bytes: Uint8Array, contentType: string): Promise<void> {
    const command = new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: bytes, ContentType: contentType });
    await callAws(() => this.client.send(command));
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const command = new GetObjectCommand({ Bucket: this.bucket, Key: key });
    return callAws(async () => {
      try {
        const answer = await this.client.send(command);
        return await answer.Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    });
  }

  async list(prefix: string, after?: string): Promise<string[]> {
    const start = after === undefined ? {} : { StartAfter: after };
    const command = new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix, ...start });
    const answer = await callAws(() => this.client.send(command));
    return (answer.Contents ?? []).map(({ Key }) => Key!);
  }

  async delete(key: string): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.bucket, Key: key });
    await callAws(() => this.client.send(command));
  }
}
