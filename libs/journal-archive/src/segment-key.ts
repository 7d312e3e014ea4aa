/** Sequence numbers of Kinesis have 56 digits; names are padded to more, so that they sort as numbers for good. */
const DIGITS = 64;
const NAME = /^journal\/shard=[^/]+\/(\d{64})-(\d{64})\.jsonl\.gz$/;

/** First and last record of a segment. */
export interface SegmentRange {
  first: string;
  last: string;
}

/** What the keys of all segments of a shard begin with. */
export function archivePrefix(shardId: string): string {
  return `journal/shard=${shardId}/`;
}

/**
 * Key of a segment: last record, then first. Whoever writes the same records writes the same object, whoever writes
 * others another one, so that a writer that comes late can take nothing away. The last record stands in front so that a
 * listing can begin at a position.
 */
export function segmentKey(shardId: string, { first, last }: SegmentRange): string {
  return `${archivePrefix(shardId)}${padded(last)}-${padded(first)}.jsonl.gz`;
}

/** Every segment that ends at or after `position` has a key after this one. */
export function keyBefore(shardId: string, position: string): string {
  return `${archivePrefix(shardId)}${padded(position)}`;
}

/** The records that a key names; undefined for a key that names no segment. */
export function rangeOf(key: string): SegmentRange | undefined {
  const [, last, first] = NAME.exec(key) ?? [];
  if (last === undefined || first === undefined) return undefined;
  return { first: unpadded(first), last: unpadded(last) };
}

function padded(sequenceNumber: string): string {
  if (!/^\d{1,64}$/.test(sequenceNumber)) throw new RangeError(`not a sequence number: ${sequenceNumber}`);
  return sequenceNumber.padStart(DIGITS, '0');
}

function unpadded(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '');
}
