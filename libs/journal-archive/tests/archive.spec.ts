import { ArchiveError, readArchive, SegmentBuilder, type ArchivedRecord, type ArchiveStore } from '../src/index.js';

const SHARD = 'shardId-000000000000';
const BASE = 10n ** 55n;

/** Record number `n` of the shard. */
function record(n: number, data: string | Uint8Array = `{"n":${n},"text":"a,\\"data\\":b"}`): ArchivedRecord {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  return {
    sequenceNumber: String(BASE + BigInt(n)),
    arrivalMs: 1_700_000_000_000 + n,
    partitionKey: 'TEST',
    data: bytes,
  };
}

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** A bucket in memory that gives its keys page by page. */
class Bucket implements ArchiveStore {
  readonly objects = new Map<string, Uint8Array>();
  constructor(private readonly pageSize = 2) {}

  list(prefix: string, after = ''): Promise<string[]> {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    return Promise.resolve(keys.slice(0, this.pageSize));
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.objects.get(key));
  }

  /** Stores records first..last as one segment. */
  segment(first: number, last: number, after = first === 1 ? '' : record(first - 1).sequenceNumber): string {
    const builder = new SegmentBuilder(SHARD, after);
    for (const n of range(first, last)) builder.add(record(n), true);
    const { key, bytes } = builder.seal();
    this.objects.set(key, bytes);
    return key;
  }
}

async function numbers(store: ArchiveStore, from?: number): Promise<number[]> {
  const found: number[] = [];
  const position = from === undefined ? undefined : record(from).sequenceNumber;
  for await (const { records } of readArchive(store, SHARD, position)) {
    for (const { sequenceNumber } of records) found.push(Number(BigInt(sequenceNumber) - BASE));
  }
  return found;
}

test('a record comes back byte for byte, whatever it holds', async () => {
  const records = [
    record(1),
    record(2, '[{"a":1},{"a":2}]'),
    record(3, '{\n"on":"two lines"}'),
    record(4, 'no JSON at all,"data":'),
    record(5, Buffer.from([0, 255, 10, 13, 34])),
    record(6, ''),
    { ...record(7), partitionKey: '","data":"\n한국' },
    record(8, '{"base64":"x","ünï":"\u2028"}'),
  ];
  const builder = new SegmentBuilder(SHARD, '');
  for (const one of records) builder.add(one, [1, 2, 3, 7, 8].includes(Number(BigInt(one.sequenceNumber) - BASE)));
  const { key, bytes } = builder.seal();
  const store: ArchiveStore = {
    list: (_prefix, after) => Promise.resolve(after === undefined ? [key] : []),
    get: () => Promise.resolve(bytes),
  };
  const found: ArchivedRecord[] = [];
  for await (const segment of readArchive(store, SHARD)) found.push(...segment.records);
  const comparable = (all: ArchivedRecord[]) => all.map(({ data, ...rest }) => ({ ...rest, data: Buffer.from(data) }));
  expect(comparable(found)).toEqual(comparable(records));
});

test('the same records give the same object, other records another one', () => {
  const [a, b] = [new Bucket(), new Bucket()];
  const key = a.segment(1, 5);
  expect(b.segment(1, 5)).toBe(key);
  expect(Buffer.from(a.objects.get(key)!)).toEqual(Buffer.from(b.objects.get(key)!));
  expect(a.segment(1, 4)).not.toBe(key);
});

test('overlapping segments of several owners give every record once, in order', async () => {
  const store = new Bucket();
  store.segment(1, 4);
  store.segment(5, 9);
  store.segment(7, 8);
  store.segment(9, 12);
  store.segment(5, 6);
  store.segment(13, 13);
  expect(await numbers(store)).toEqual(range(1, 13));
  expect(await numbers(store, 6)).toEqual(range(6, 13));
  expect(await numbers(store, 14)).toEqual([]);
});

test('the first record is the one asked for only where the archive has it', async () => {
  const store = new Bucket();
  store.segment(5, 9);
  expect((await numbers(store, 5))[0]).toBe(5);
  expect((await numbers(store, 3))[0]).toBe(5);
});

test('a hole between segments is an error, never an order that is skipped', async () => {
  const store = new Bucket();
  store.segment(1, 4);
  const lost = store.segment(5, 6);
  store.segment(7, 9);
  store.objects.delete(lost);
  await expect(numbers(store)).rejects.toMatchObject({ code: 'ARCHIVE_HOLE' });
});

test('a damaged object is an error that names it', async () => {
  const store = new Bucket();
  const key = store.segment(1, 4);
  store.objects.set(key, store.objects.get(key)!.subarray(0, 60));
  const failure = await numbers(store).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ArchiveError);
  expect(failure).toMatchObject({ code: 'BAD_SEGMENT', message: expect.stringContaining(key) });
});

test('a record that does not come after the last one is refused', () => {
  const builder = new SegmentBuilder(SHARD, record(3).sequenceNumber);
  expect(() => builder.add(record(3), true)).toThrow(RangeError);
});
