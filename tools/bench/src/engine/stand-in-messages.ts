import type { SymbolSum } from './tally.js';

/** What the benchmark asks of the process of the stand-ins, over its channel. */
export type StandInRequest = 'open' | 'close' | 'progress' | 'fills' | 'report';

/** Sent once, when the port is open and the flows are made. */
export interface StandInReady {
  kind: 'ready';
  port: number;
  /** Records that can be served. */
  records: number;
}

/** How far the engine is. */
export interface Progress {
  kind: 'progress';
  served: Record<string, number>;
  /** Sequence number of each shard's checkpoint. */
  checkpoints: Record<string, string>;
}

/** The records of the fills stream, base64. */
export interface FillRecords {
  kind: 'fills';
  records: string[];
}

/** Everything that was received. */
export interface Report {
  kind: 'report';
  fills: Record<string, SymbolSum>;
  statuses: Record<string, SymbolSum>;
  tradeRows: number;
  tradeRowSum: number;
  otherRows: number;
  archiveSegments: number;
  archiveRecords: number;
  /** Records and rows that came more than once. */
  repeats: number;
  ticks: number;
}

export interface Fault {
  kind: 'fault';
  message: string;
}

export type StandInMessage = StandInReady | Progress | FillRecords | Report | Fault;
