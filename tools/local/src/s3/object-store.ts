import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { noSuchBucket, preconditionFailed, S3Error } from './errors.js';
import { pathOfKey } from './key-path.js';
import { listKeys } from './list-keys.js';
import { describe, isMissing, openObject, readObjectInfo, type ObjectInfo } from './object-file.js';

/** Largest object, in bytes. */
const MAX_OBJECT_BYTES = 256 * 1024 * 1024;

const BUCKET_PATTERN = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const MAX_COMMIT_TRIES = 5;

export interface PutOptions {
  headers: Readonly<Record<string, string>>;
  /** Fail unless the key is free. */
  ifAbsent?: boolean;
  /** Fail unless the key holds this ETag. */
  ifMatch?: string;
  /** Called with the whole body's digests before anything is stored; throws to refuse. */
  check?: (body: { size: number; md5: Buffer }) => void;
}

/**
 * Buckets and objects in a folder. An object is written aside, flushed to the disk and renamed: whatever dies, a key
 * holds its old object or its new one, never a part.
 */
export class ObjectStore {
  private commits: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly folder: string,
    private readonly unfinished: string,
  ) {}

  /** Opens or makes the store, and clears what an earlier process left unfinished. */
  static async open(folder: string): Promise<ObjectStore> {
    const unfinished = join(folder, '.unfinished');
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    return new ObjectStore(folder, unfinished);
  }

  /** @returns false when it exists already */
  async createBucket(bucket: string): Promise<boolean> {
    if (!BUCKET_PATTERN.test(bucket)) throw new S3Error(400, 'InvalidBucketName', `${bucket} is not a bucket name.`);
    return (await mkdir(join(this.folder, bucket), { recursive: true })) !== undefined;
  }

  async requireBucket(bucket: string): Promise<string> {
    const folder = join(this.folder, bucket);
    if (!BUCKET_PATTERN.test(bucket) || !(await isFolder(folder))) throw noSuchBucket(bucket);
    return folder;
  }

  async put(bucket: string, key: string, body: AsyncIterable<Buffer>, options: PutOptions): Promise<ObjectInfo> {
    const target = pathOfKey(await this.requireBucket(bucket), key);
    const draft = join(this.unfinished, randomUUID());
    try {
      const info = await writeDraft(draft, key, body, options);
      await this.oneAtATime(() => commit(draft, target, options));
      return info;
    } finally {
      await rm(draft, { force: true });
    }
  }

  async info(bucket: string, key: string): Promise<ObjectInfo | undefined> {
    return readObjectInfo(pathOfKey(await this.requireBucket(bucket), key));
  }

  /**
   * The object and a way to its bytes; both are of one version, even when the key is overwritten meanwhile.
   * `body` (first and last byte, both included) or `close` must be called.
   */
  async read(bucket: string, key: string) {
    const opened = await openObject(pathOfKey(await this.requireBucket(bucket), key));
    if (opened === undefined) return undefined;
    const { info, handle } = opened;
    return {
      info,
      close: () => handle.close(),
      body: (first: number, last: number): Readable => createReadStream('', { fd: handle, start: first, end: last }),
    };
  }

  /** Removing what is not there succeeds. */
  async remove(bucket: string, key: string): Promise<void> {
    const root = await this.requireBucket(bucket);
    const path = pathOfKey(root, key);
    await this.oneAtATime(async () => {
      try {
        await unlink(path);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
      await removeEmptyFolders(dirname(path), root);
    });
  }

  /** Keys of a bucket in the order of their UTF-8 bytes, those after `after` and beginning with `prefix`. */
  async *keys(bucket: string, prefix: string, after: string): AsyncGenerator<string> {
    yield* listKeys(await this.requireBucket(bucket), prefix, after);
  }

  // Conditions are checked and files renamed in one queue: two conditional writes of one key cannot both succeed.
  private oneAtATime<T>(task: () => Promise<T>): Promise<T> {
    const result = this.commits.then(task);
    this.commits = Promise.allSettled([result]);
    return result;
  }
}

async function writeDraft(
  draft: string,
  key: string,
  body: AsyncIterable<Buffer>,
  options: PutOptions,
): Promise<ObjectInfo> {
  const md5 = createHash('md5');
  let size = 0;
  const handle = await open(draft, 'wx');
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > MAX_OBJECT_BYTES) {
        throw new S3Error(400, 'EntityTooLarge', `An object has at most ${MAX_OBJECT_BYTES} bytes here.`);
      }
      md5.update(chunk);
      await handle.writeFile(chunk);
    }
    const digest = md5.digest();
    options.check?.({ size, md5: digest });
    const lastModified = Math.floor(Date.now() / 1000) * 1000;
    const info = { key, size, etag: `"${digest.toString('hex')}"`, lastModified, headers: options.headers };
    await handle.writeFile(describe(info));
    await handle.datasync();
    return info;
  } finally {
    await handle.close();
  }
}

async function commit(draft: string, target: string, { ifAbsent, ifMatch }: PutOptions): Promise<void> {
  if (ifAbsent || ifMatch !== undefined) {
    const present = await readObjectInfo(target);
    if (ifAbsent && present) throw preconditionFailed('If-None-Match');
    if (ifMatch !== undefined && present?.etag !== ifMatch) throw preconditionFailed('If-Match');
  }
  for (let tries = 1; ; tries += 1) {
    await mkdir(dirname(target), { recursive: true });
    try {
      return await rename(draft, target);
    } catch (error) {
      if (tries >= MAX_COMMIT_TRIES || !isMissing(error)) throw error;
    }
  }
}

async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  for (let at = folder; at !== root; at = dirname(at)) {
    try {
      if ((await readdir(at)).length > 0) return;
      await rmdir(at);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
