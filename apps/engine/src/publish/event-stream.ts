import { PACKING } from '@supernoba/journal-archive';
import { GZIP_THRESHOLD_BYTES, MAX_EVENT_RECORD_BYTES, type EventList } from '@supernoba/protocol';
import { gzipSync } from 'node:zlib';
import { pauseMs, reportFailure, type BackoffPorts, type Lifetime } from '../backoff.js';
import type { BatchOutput, SymbolOutput } from '../matching/output.js';
import { PortError, type KinesisPort, type StreamRecord } from '../ports.js';
import type { Destination } from './destination.js';

/** Limits of one PutRecords call: records (Kinesis) and bytes (5 MiB less the keys). */
const MAX_CALL_RECORDS = 500;
const MAX_CALL_BYTES = 4 * 1024 * 1024;
/** What the brackets of an array, and the comma between two events, take. */
const BRACKETS = 2;
const COMMA = 1;
const OPEN_ARRAY = 0x5b;
const NEXT_ELEMENT = 0x2c;
const CLOSE_ARRAY = 0x5d;
/** Calls at a time: while one waits for its answer, the events of other symbols go on. */
const MAX_CALLS = 4;

interface Ticket {
  /** Events not yet acknowledged. */
  open: number;
  done: () => void;
  failed: (error: unknown) => void;
}

interface Queued {
  events: EventList;
  /** Events before it are on their way or acknowledged. */
  next: number;
  ticket: Ticket;
}

/** A record on its way: the only one of its symbol. */
interface Sending {
  lane: Lane;
  record: StreamRecord;
  shares: { ticket: Ticket; events: number }[];
}

interface Lane {
  symbol: string;
  queue: Queued[];
  busy: boolean;
}

/**
 * Writes the events of each symbol, in order, to a Kinesis stream. A symbol has at most one unacknowledged record, so
 * that a retry can only repeat, never reorder; the symbols do not wait for each other.
 */
export class EventStream implements Destination {
  readonly #lanes = new Map<string, Lane>();
  /** Lanes with something to send and nothing on its way. */
  readonly #ready = new Set<Lane>();
  #calls = 0;

  constructor(
    readonly name: string,
    private readonly stream: string,
    private readonly eventsOf: (output: SymbolOutput) => EventList,
    private readonly kinesis: KinesisPort,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
  ) {}

  publish(batch: BatchOutput): Promise<void> {
    return new Promise((done, failed) => {
      const ticket: Ticket = { open: 0, done, failed };
      for (const output of batch.symbols.values()) {
        const events = this.eventsOf(output);
        if (events.length === 0) continue;
        ticket.open += events.length;
        const lane = this.#lane(output.symbol);
        lane.queue.push({ events, next: 0, ticket });
        if (!lane.busy) this.#ready.add(lane);
      }
      if (ticket.open === 0) done();
      else this.#pump();
    });
  }

  #lane(symbol: string): Lane {
    let lane = this.#lanes.get(symbol);
    if (lane === undefined) {
      lane = { symbol, queue: [], busy: false };
      this.#lanes.set(symbol, lane);
    }
    return lane;
  }

  #pump(): void {
    while (this.#calls < MAX_CALLS && this.#ready.size > 0 && !this.life.ended) {
      const sending: Sending[] = [];
      let bytes = 0;
      for (const lane of this.#ready) {
        if (sending.length >= MAX_CALL_RECORDS || bytes >= MAX_CALL_BYTES) break;
        const next = takeRecord(lane);
        lane.busy = true;
        this.#ready.delete(lane);
        bytes += next.record.data.byteLength;
        sending.push(next);
      }
      void this.#send(sending).finally(() => this.#pump());
    }
  }

  /** Sends until every record is stored; what failed goes again alone, after a pause. */
  async #send(records: Sending[]): Promise<void> {
    let left = records;
    for (let attempt = 1; left.length > 0 && !this.life.ended; attempt++) {
      try {
        const answers = await this.#call(left.map(({ record }) => record));
        const failed: Sending[] = [];
        left.forEach((sending, index) => {
          if (answers[index] === undefined) this.#acknowledged(sending);
          else failed.push(sending);
        });
        left = failed;
        if (failed.length === 0) {
          if (attempt > 1) this.ports.metrics.gauge('destination_down', 0, this.name);
          return;
        }
        const codes = [...new Set(answers.filter((code) => code !== undefined))].join(', ');
        reportFailure(new PortError('THROTTLED', `${failed.length} records: ${codes}`), attempt, this.name, this.ports);
      } catch (error) {
        if (!(error instanceof PortError) || !error.retryable) return failAll(left, error);
        reportFailure(error, attempt, this.name, this.ports);
      }
      // A symbol that was served meanwhile must not wait for those that are not.
      this.#pump();
      await this.life.sleep(pauseMs(attempt, this.ports.random), this.ports.timers);
    }
  }

  async #call(records: StreamRecord[]): Promise<(string | undefined)[]> {
    this.#calls++;
    try {
      return await this.kinesis.putRecords(this.stream, records);
    } finally {
      this.#calls--;
    }
  }

  #acknowledged({ lane, shares }: Sending): void {
    lane.busy = false;
    if (lane.queue.length > 0) this.#ready.add(lane);
    for (const { ticket, events } of shares) {
      ticket.open -= events;
      if (ticket.open === 0) ticket.done();
    }
  }
}

function failAll(records: readonly Sending[], error: unknown): void {
  for (const { shares } of records) for (const { ticket } of shares) ticket.failed(error);
}

/** The next record of a symbol: consecutive events, at most 512 KiB of JSON unless a single one is larger. */
function takeRecord(lane: Lane): Sending {
  const pieces: Uint8Array[] = [];
  const shares: Sending['shares'] = [];
  let events = 0;
  let bytes = BRACKETS;
  while (lane.queue.length > 0) {
    const head = lane.queue[0]!;
    const first = head.next;
    const end = head.events.runFrom(first, MAX_EVENT_RECORD_BYTES - bytes);
    const piece = head.events.bytes(first, end);
    // A run holds one event even where there is no room for it.
    if (events > 0 && bytes + piece.byteLength > MAX_EVENT_RECORD_BYTES) break;
    pieces.push(piece);
    bytes += piece.byteLength + COMMA;
    events += end - first;
    shares.push({ ticket: head.ticket, events: end - first });
    head.next = end;
    if (end < head.events.length) break;
    lane.queue.shift();
  }
  const raw = events === 1 ? pieces[0]! : arrayOf(pieces, bytes - COMMA);
  const data = raw.byteLength > GZIP_THRESHOLD_BYTES ? gzipSync(raw, PACKING) : raw;
  return { lane, record: { partitionKey: lane.symbol, data }, shares };
}

/** A JSON array of `bytes` out of runs of its elements. */
function arrayOf(runs: readonly Uint8Array[], bytes: number): Uint8Array {
  const json = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const run of runs) {
    json[at] = at === 0 ? OPEN_ARRAY : NEXT_ELEMENT;
    json.set(run, at + 1);
    at += 1 + run.byteLength;
  }
  json[at] = CLOSE_ARRAY;
  return json;
}
