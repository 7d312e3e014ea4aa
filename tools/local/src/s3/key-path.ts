import { join } from 'node:path';
import { S3Error } from './errors.js';

/** Longest key, in bytes of UTF-8 (Amazon's limit). */
const MAX_KEY_BYTES = 1024;
/** Longest encoded segment: file systems take names of 255 bytes. */
const MAX_SEGMENT_BYTES = 250;

/** Ends the name of a folder; never stands in an encoded segment, so an object `a` and an object `a/b` live side by side. */
const FOLDER_MARK = '+';
/** An empty segment (`a//b`, or `a/` as an object). A lone percent sign is nothing that encoding makes. */
const EMPTY_SEGMENT = '%';

/**
 * Where the object of a key lies below its bucket's folder.
 *
 * @throws S3Error KeyTooLongError or InvalidArgument
 */
export function pathOfKey(bucketFolder: string, key: string): string {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new S3Error(400, 'KeyTooLongError', 'Your key is too long.');
  const segments = key.split('/').map(encodeSegment);
  const file = segments.pop() ?? EMPTY_SEGMENT;
  return join(bucketFolder, ...segments.map((segment) => segment + FOLDER_MARK), file);
}

/** What a directory entry stands for. */
export function segmentOfEntry(name: string): { segment: string; isFolder: boolean } {
  const isFolder = name.endsWith(FOLDER_MARK);
  const encoded = isFolder ? name.slice(0, -FOLDER_MARK.length) : name;
  return { segment: encoded === EMPTY_SEGMENT ? '' : decodeURIComponent(encoded), isFolder };
}

function encodeSegment(segment: string): string {
  if (segment === '') return EMPTY_SEGMENT;
  if (segment.includes('\0')) throw new S3Error(400, 'InvalidArgument', 'A key must not hold NUL.');
  const encoded = encodeURIComponent(segment);
  if (encoded.length > MAX_SEGMENT_BYTES) {
    throw new S3Error(
      400,
      'KeyTooLongError',
      `A part of a key between slashes takes at most ${MAX_SEGMENT_BYTES} bytes here.`,
    );
  }
  // `.` and `..` would name folders of the file system.
  return /^\.\.?$/.test(encoded) ? encoded.replaceAll('.', '%2E') : encoded;
}
