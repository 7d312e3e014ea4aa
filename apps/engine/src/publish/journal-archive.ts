import { SegmentBuilder } from '@supernoba/journal-archive';
import { retry, type BackoffPorts, type Lifetime } from '../backoff.js';
import type { BatchOutput } from '../matching/output.js';
import type { Position } from '../matching/positions.js';
import type { ObjectStore } from '../ports.js';
import type { Destination } from './destination.js';

/** A segment of this size before packing is uploaded without waiting for its time. */
const MAX_SEGMENT_BYTES = 1024 * 1024;

export interface JournalArchiveOptions {
  shardId: string;
  /** Where publishing starts: everything up to here was archived by whoever published it; '' in a new shard. */
  after: Position;
  /** Least time between two uploads, ms. The checkpoint waits for them. */
  intervalMs: number;
  objects: ObjectStore;
}

interface Ticket {
  done: () => void;
  failed: (error: unknown) => void;
}

/**
 * Every record that the shard's owner consumed, as segments in the object store: what the stream forgets stays there.
 * One upload at a time, so that the archive never holds a record without those before it.
 */
export class JournalArchive implements Destination {
  readonly name = 'journal-archive';
  #segment: SegmentBuilder | undefined;
  /** Batches whose records end in the open segment. */
  #tickets: Ticket[] = [];
  #after: Position;
  #nextUploadAt = -Infinity;
  #uploading = false;
  #waiting = false;
  #hurried = false;

  constructor(
    private readonly options: JournalArchiveOptions,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
  ) {
    this.#after = options.after;
  }

  publish(batch: BatchOutput): Promise<void> {
    if (batch.records.length === 0) return Promise.resolve();
    const segment = (this.#segment ??= new SegmentBuilder(this.options.shardId, this.#after));
    const dead = new Set(batch.deadLetters.map(({ sequenceNumber }) => sequenceNumber));
    for (const record of batch.records) segment.add(record, !dead.has(record.sequenceNumber));
    return new Promise((done, failed) => {
      this.#tickets.push({ done, failed });
      this.#uploadWhenDue();
    });
  }

  flush(): void {
    this.#hurried = this.#segment !== undefined;
    this.#uploadWhenDue();
  }

  #uploadWhenDue(): void {
    const segment = this.#segment;
    if (segment === undefined || this.#uploading || this.life.ended) return;
    const { clock, timers } = this.ports;
    const wait = this.#nextUploadAt - clock.monotonic();
    if (wait <= 0 || this.#hurried || segment.bytes >= MAX_SEGMENT_BYTES) {
      void this.#upload(segment);
    } else if (!this.#waiting) {
      this.#waiting = true;
      void this.life.sleep(wait, timers).then(() => {
        this.#waiting = false;
        this.#uploadWhenDue();
      });
    }
  }

  async #upload(segment: SegmentBuilder): Promise<void> {
    const tickets = this.#tickets;
    this.#segment = undefined;
    this.#tickets = [];
    this.#after = segment.last;
    this.#hurried = false;
    this.#uploading = true;
    this.#nextUploadAt = this.ports.clock.monotonic() + this.options.intervalMs;
    try {
      const { key, bytes } = segment.seal();
      const put = () => this.options.objects.put(key, bytes, 'application/gzip');
      await retry(put, this.ports, this.life, { label: this.name });
      for (const { done } of tickets) done();
    } catch (error) {
      for (const { failed } of tickets) failed(error);
    } finally {
      this.#uploading = false;
      this.#uploadWhenDue();
    }
  }
}
