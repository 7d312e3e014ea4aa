import { S3Error } from './errors.js';
import type { ObjectInfo } from './object-file.js';
import type { ObjectStore } from './object-store.js';
import { xmlDocument } from './xml.js';

const MAX_KEYS = 1000;

/** Answers ListObjectsV2. */
export async function listObjects(store: ObjectStore, bucket: string, query: URLSearchParams): Promise<string> {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const limit = pageSize(query.get('max-keys'));
  const token = query.get('continuation-token');
  const start = token === null ? { after: query.get('start-after') ?? '', rolledUp: '' } : readToken(token);
  const page = await readPage(store, bucket, { prefix, delimiter, limit, ...start });
  const name = nameEncoder(query.get('encoding-type'));
  return xmlDocument('ListBucketResult', {
    Name: bucket,
    Prefix: name(prefix),
    Delimiter: delimiter === '' ? undefined : name(delimiter),
    MaxKeys: limit,
    KeyCount: page.objects.length + page.prefixes.length,
    IsTruncated: page.next !== undefined,
    EncodingType: query.get('encoding-type') ?? undefined,
    ContinuationToken: token ?? undefined,
    NextContinuationToken: page.next,
    StartAfter: query.get('start-after') ?? undefined,
    Contents: page.objects.map(({ key, size, etag, lastModified }) => ({
      Key: name(key),
      LastModified: new Date(lastModified).toISOString(),
      ETag: etag,
      Size: size,
      StorageClass: 'STANDARD',
    })),
    CommonPrefixes: page.prefixes.map((common) => ({ Prefix: name(common) })),
  });
}

interface PageRequest {
  prefix: string;
  delimiter: string;
  limit: number;
  after: string;
  /** The last common prefix of the page before: its keys are done. */
  rolledUp: string;
}

async function readPage(
  store: ObjectStore,
  bucket: string,
  { prefix, delimiter, limit, after, rolledUp }: PageRequest,
) {
  const objects: ObjectInfo[] = [];
  const prefixes: string[] = [];
  let next: string | undefined;
  let last = { after, rolledUp };
  for await (const key of store.keys(bucket, prefix, after)) {
    if (last.rolledUp !== '' && key.startsWith(last.rolledUp)) continue;
    if (objects.length + prefixes.length >= limit) {
      next = limit === 0 ? undefined : writeToken(last);
      break;
    }
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (end >= 0) {
      const common = key.slice(0, end + delimiter.length);
      prefixes.push(common);
      last = { after: key, rolledUp: common };
      continue;
    }
    const info = await store.info(bucket, key);
    // Removed since its folder was read.
    if (info === undefined) continue;
    objects.push(info);
    last = { after: key, rolledUp: '' };
  }
  return { objects, prefixes, next };
}

function pageSize(text: string | null): number {
  if (text === null) return MAX_KEYS;
  if (!/^\d{1,9}$/.test(text)) throw new S3Error(400, 'InvalidArgument', 'max-keys must be a whole number.');
  return Math.min(Number(text), MAX_KEYS);
}

function nameEncoder(type: string | null): (name: string) => string {
  if (type === null) return (name) => name;
  if (type !== 'url') throw new S3Error(400, 'InvalidArgument', 'encoding-type must be url.');
  return (name) => encodeURIComponent(name).replaceAll('%2F', '/');
}

function writeToken(position: { after: string; rolledUp: string }): string {
  return Buffer.from(JSON.stringify([position.after, position.rolledUp])).toString('base64url');
}

function readToken(token: string): { after: string; rolledUp: string } {
  let position: unknown;
  try {
    position = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (Array.isArray(position) && typeof position[0] === 'string' && typeof position[1] === 'string') {
    return { after: position[0], rolledUp: position[1] };
  }
  throw new S3Error(400, 'InvalidArgument', 'The continuation token is not one of this store.');
}
