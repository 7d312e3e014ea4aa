import type { Bench } from './bench.js';
import type { ServerName } from './servers.js';

/** One thing that every server has to do in the same way. */
export interface AcceptanceCase {
  readonly operation: string;
  readonly does: string;
  readonly run: (bench: Bench) => Promise<void>;
  /** Where it cannot run, and the reason that the server documents or shows. */
  readonly skip?: Partial<Record<ServerName, string>>;
}
