import type { BatchOutput } from '../matching/output.js';
import type { Position } from '../matching/positions.js';
import type { Clock } from '../ports.js';
import type { Destination } from './destination.js';

interface InFlight {
  position: Position;
  submittedAt: number;
  done: boolean;
}

export interface PipelineOptions {
  destinations: readonly Destination[];
  /** Batches that may wait for an acknowledgement; then the reader waits. */
  maxInFlight: number;
  clock: Clock;
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
      submittedAt: this.options.clock.monotonic(),
      done: false,
    };
    this.#inFlight.push(entry);
    Promise.all(this.options.destinations.map((destination) => destination.publish(batch))).then(() => {
      entry.done = true;
      this.#settle();
    }, this.options.onFatal);
  }

  async #below(count: number): Promise<void> {
    while (this.#inFlight.length >= count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
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
