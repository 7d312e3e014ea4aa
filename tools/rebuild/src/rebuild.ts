import type { Clients, RebuildSettings } from './settings.js';
import type { TimeRange } from './time-range.js';

export interface Rebuild {
  clients: Clients;
  settings: RebuildSettings;
  range: TimeRange;
  /** Only this symbol; undefined: all. */
  symbol: string | undefined;
  signal: AbortSignal;
  /** One line of progress. */
  say: (message: string) => void;
}

export interface Rebuilt {
  /** Records of the journal, or trades, that were read. */
  read: number;
  /** Rows written. */
  written: number;
}
