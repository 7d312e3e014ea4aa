import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Row, Table } from './dynamo.js';

/** One partition of an index: rows that are read by its range key, descending. */
export interface Source {
  index: string;
  hash: { name: string; value: string };
  range: string;
  /** Ends the keys of this source, so that the same row in two sources has two keys: the two sides of a self-trade. */
  suffix?: string;
}

export interface PageRequest {
  /** Most rows of the page. */
  limit: number;
  /** Only rows below this key: the `next` of the page before. */
  before?: string;
  /** Bounds of the range key, both included. */
  from?: string;
  to?: string;
  /** Only rows whose attributes have these values. */
  where?: Readonly<Record<string, string>>;
}

export interface FoundRow {
  /** The range key and the suffix of its source. */
  key: string;
  suffix: string;
  row: Row;
}

export interface Page {
  /** By key, descending. May be short of the limit, even empty, with a `next` that goes on. */
  rows: FoundRow[];
  /** Absent on the last page. */
  next?: string;
}

/** Below and above every range key in use: they begin with a digit or a capital letter. */
const LOWEST = '0';
const HIGHEST = '~';
/** Queries of one page. Reached only where `where` leaves out nearly everything. */
const MAX_QUERIES = 160;

/**
 * One page of the rows of many partitions, merged: newest first, by the range key, each row once. Keys must be unique within
 * a source.
 */
export async function newestFirst(table: Table, sources: readonly Source[], request: PageRequest): Promise<Page> {
  const size = Math.max(8, Math.ceil((2 * request.limit) / sources.length));
  const streams = sources.map((source) => new PartitionStream(table, source, request, size));
  const rows: FoundRow[] = [];
  let queries = 0;
  for (;;) {
    const dry = streams.filter((stream) => stream.isDry);
    if (dry.length > 0 && queries + dry.length > MAX_QUERIES) {
      // What no query has looked at lies at or below the highest position that was reached.
      const reached = highest(dry.map(({ position }) => position));
      takeAbove(streams, reached, rows, request.limit);
      return rows.length === request.limit ? { rows, next: rows.at(-1)!.key } : { rows, next: reached };
    }
    queries += dry.length;
    await Promise.all(dry.map((stream) => stream.fill()));
    if (streams.some((stream) => stream.isDry)) continue;
    while (rows.length < request.limit && !streams.some((stream) => stream.isDry)) {
      const newest = newestOf(streams);
      if (newest === undefined) return { rows };
      rows.push(newest.take());
    }
    if (rows.length === request.limit) {
      const isLast = streams.every((stream) => stream.isAtEnd);
      return isLast ? { rows } : { rows, next: rows.at(-1)!.key };
    }
  }
}

function newestOf(streams: readonly PartitionStream[]): PartitionStream | undefined {
  let newest: PartitionStream | undefined;
  for (const stream of streams) {
    if (stream.head === undefined) continue;
    if (newest?.head === undefined || stream.head.key > newest.head.key) newest = stream;
  }
  return newest;
}

function takeAbove(streams: readonly PartitionStream[], key: string, rows: FoundRow[], limit: number): void {
  while (rows.length < limit) {
    const newest = newestOf(streams);
    if (newest?.head === undefined || newest.head.key <= key) return;
    rows.push(newest.take());
  }
}

function highest(keys: readonly string[]): string {
  return keys.reduce((most, key) => (key > most ? key : most), '');
}

/** The rows of one source, a query at a time. */
class PartitionStream {
  /** Every row above this key has been looked at. */
  position: string;
  readonly #suffix: string;
  #rows: FoundRow[] = [];
  #taken = 0;
  #start: Record<string, AttributeValue> | undefined;
  #isRead: boolean;

  constructor(
    private readonly table: Table,
    private readonly source: Source,
    private readonly request: PageRequest,
    private readonly size: number,
  ) {
    this.#suffix = source.suffix ?? '';
    this.position = `${this.#upper}${this.#suffix}`;
    this.#isRead = (request.from ?? LOWEST) > this.#upper;
  }

  get head(): FoundRow | undefined {
    return this.#rows[this.#taken];
  }

  /** Nothing at hand, but there may be more. */
  get isDry(): boolean {
    return this.head === undefined && !this.#isRead;
  }

  get isAtEnd(): boolean {
    return this.head === undefined && this.#isRead;
  }

  take(): FoundRow {
    const found = this.head;
    if (found === undefined) throw new RangeError('nothing at hand');
    this.#taken++;
    return found;
  }

  async fill(): Promise<void> {
    const { QueryCommand } = await import('@aws-sdk/client-dynamodb');
    const { hash, range, index } = this.source;
    const where = Object.entries(this.request.where ?? {});
    const command = new QueryCommand({
      TableName: this.table.name,
      IndexName: index,
      KeyConditionExpression: '#hash = :hash AND #range BETWEEN :from AND :to',
      ...(where.length === 0 ? {} : { FilterExpression: where.map((_, i) => `#where${i} = :where${i}`).join(' AND ') }),
      ExpressionAttributeNames: {
        '#hash': hash.name,
        '#range': range,
        ...Object.fromEntries(where.map(([name], i) => [`#where${i}`, name])),
      },
      ExpressionAttributeValues: {
        ':hash': { S: hash.value },
        ':from': { S: this.request.from ?? LOWEST },
        ':to': { S: this.#upper },
        ...Object.fromEntries(where.map(([, value], i) => [`:where${i}`, { S: value }])),
      },
      ScanIndexForward: false,
      Limit: this.size,
      ...(this.#start === undefined ? {} : { ExclusiveStartKey: this.#start }),
    });
    const { Items = [], LastEvaluatedKey } = await (await this.table.dynamo()).send(command);
    const { before } = this.request;
    this.#rows = Items.map((item) => this.#found(unmarshall(item) as Row)).filter(
      ({ key }) => before === undefined || key < before,
    );
    this.#taken = 0;
    this.#start = LastEvaluatedKey;
    this.#isRead = LastEvaluatedKey === undefined;
    this.position = `${LastEvaluatedKey?.[range]?.S ?? ''}${this.#suffix}`;
  }

  #found(row: Row): FoundRow {
    return { key: `${String(row[this.source.range])}${this.#suffix}`, suffix: this.#suffix, row };
  }

  /** Range keys above it are of no interest; those equal to `before` are told apart by their suffix. */
  get #upper(): string {
    const { before, to = HIGHEST } = this.request;
    if (before === undefined) return to;
    const base = this.#suffix === '' ? before : before.slice(0, -this.#suffix.length);
    return base < to ? base : to;
  }
}
