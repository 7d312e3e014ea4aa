import type { BatchOutput } from '../matching/output.js';
import type { Position } from '../matching/positions.js';
import type { Clock, MetricsSink } from '../ports.js';
import type { Destination } from './destination.js';

interface InFlight {
  position: Position;
  records: number;
  submittedAt: number;
  done: boolean;
}

export interface PipelineOptions {
  destinations: readonly Destination[];
  /** Batches that may wait for an acknowledgement; then the reader waits. */
  maxInFlight: number;
  clock: Clock;
  metrics: MetricsSink;
  /** Everything up to this position has been acknowledged everywhere. */
  onPublished: (position: Position) => void;
  onFatal: (error: unknown) => void;
}

/** Hands batches to all destinations side by side and knows up to where everything has arrived. */
export class Pipeline {
  #inFlight: InFlight[] = [];
  #waiting: (() => void)[] = [];

  constructor(private readonly options: PipelineOptions) {}

  get inFlight(): number {
    return this.#inFlight.length;
  }

  /** Journal records of the batches in flight. */
  get recordsInFlight(): number {
    return this.#inFlight.reduce((sum, { records }) => sum + records, 0);
  }

  /** How long the oldest batch has been waiting, ms; 0 without one. */
  get oldestMs(): number {
    const [oldest] = this.#inFlight;
    return oldest === undefined ? 0 : this.options.clock.monotonic() - oldest.submittedAt;
  }

  /** Resolves when one more batch may be submitted. */
  room(): Promise<void> {
    return this.#below(this.options.maxInFlight);
  }

  /** Resolves when nothing is in flight. */
  drained(): Promise<void> {
    return this.#below(1);
  }

  submit(batch: BatchOutput): void {
    const entry: InFlight = {
      position: batch.position,
      records: batch.records.length,
      submittedAt: this.options.clock.monotonic(),
      done: false,
    };
    this.#inFlight.push(entry);
    void this.#finish(entry, this.#handOver(batch, entry.submittedAt));
  }

  /** Apart from what waits for the flushes: that would keep the whole batch alive, and young objects must die young. */
  #handOver(batch: BatchOutput, submittedAt: number): Promise<void>[] {
    return this.options.destinations.map((destination) =>
      this.#timed(flushOf(destination, batch), destination.name, submittedAt),
    );
  }

  async #timed(flush: Promise<void>, destination: string, submittedAt: number): Promise<void> {
    await flush;
    const { clock, metrics } = this.options;
    metrics.observe('flush_ms', clock.monotonic() - submittedAt, destination);
  }

  async #finish(entry: InFlight, flushes: Promise<void>[]): Promise<void> {
    try {
      await Promise.all(flushes);
      entry.done = true;
      this.#settle();
    } catch (error) {
      this.options.onFatal(error);
    }
  }

  async #below(count: number): Promise<void> {
    while (this.#inFlight.length >= count) {
      for (const destination of this.options.destinations) destination.flush?.();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** A batch counts as published once all before it are. */
  #settle(): void {
    let position: Position = '';
    while (this.#inFlight[0]?.done) position = this.#inFlight.shift()!.position;
    if (position === '') return;
    this.options.onPublished(position);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** What a destination throws at once ends the engine like what it rejects with. */
function flushOf(destination: Destination, batch: BatchOutput): Promise<void> {
  return new Promise((resolve) => resolve(destination.publish(batch)));
}
