import type { IdLength } from './order-ids.js';
import type { OwnBookOptions } from './own-book.js';
import type { Latency, Speed } from './passes.js';
import type { Soak } from './soak.js';

/** What a process is to measure, as its one argument (JSON). */
export interface EngineTask {
  engine: 'own' | 'peer';
  /** An order-flow file. */
  file: string;
  idLength: IdLength;
  /** Of our book, where it is not run as in `WHOLE`. */
  own?: Partial<Omit<OwnBookOptions, 'idLength'>>;
  /** `soak` is for our book alone. */
  passes: readonly Pass[];
}

export type Pass = 'speed' | 'latency' | 'memory' | 'soak';

/** As the passes of the task asked. */
export interface EngineResult {
  /** How often an outcome was held to the header; each was equal, or there would be no result. */
  outcomesCompared: number;
  speed?: Speed;
  latency?: Latency;
  bytesPerOrder?: number;
  soak?: Soak;
}

/** Begins a line of progress on the process's stderr. */
export const PROGRESS = 'progress: ';
