import { open, type FileHandle } from 'node:fs/promises';

/** What is known of a stored object. */
export interface ObjectInfo {
  key: string;
  /** Bytes of the body. */
  size: number;
  /** Quoted MD5 of the body. */
  etag: string;
  /** Epoch milliseconds, whole seconds. */
  lastModified: number;
  /** Headers to give back: content type, `x-amz-meta-*`, checksums … */
  headers: Readonly<Record<string, string>>;
}

// An object is one file, so that it appears and vanishes as a whole: the body, its description as JSON, then eight bytes.
const MARK = Buffer.from('SNO1');
const TRAILER_BYTES = 8;
const MAX_DESCRIPTION_BYTES = 64 * 1024;

/** The bytes that follow the body. */
export function describe(info: ObjectInfo): Buffer {
  const description = Buffer.from(JSON.stringify(info));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(description.length);
  return Buffer.concat([description, length, MARK]);
}

/**
 * Opens an object; the caller closes the handle.
 *
 * @returns undefined when there is none
 * @throws Error when the file is no object
 */
export async function openObject(path: string): Promise<{ info: ObjectInfo; handle: FileHandle } | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    return { info: await readDescription(handle, path), handle };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** What is known of an object, or undefined when there is none. */
export async function readObjectInfo(path: string): Promise<ObjectInfo | undefined> {
  const opened = await openObject(path);
  await opened?.handle.close();
  return opened?.info;
}

async function readDescription(handle: FileHandle, path: string): Promise<ObjectInfo> {
  const { size } = await handle.stat();
  const trailer = await readAt(handle, size - TRAILER_BYTES, TRAILER_BYTES);
  const length = trailer.length === TRAILER_BYTES ? trailer.readUInt32LE(0) : 0;
  if (!trailer.subarray(4).equals(MARK) || length > MAX_DESCRIPTION_BYTES || length + TRAILER_BYTES > size) {
    throw new Error(`${path} is not an object of this store`);
  }
  const description = await readAt(handle, size - TRAILER_BYTES - length, length);
  return JSON.parse(description.toString('utf8')) as ObjectInfo;
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  if (position < 0) return Buffer.alloc(0);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** A file or a folder above it does not exist, or a folder stands where a file was asked for. */
export function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
}
