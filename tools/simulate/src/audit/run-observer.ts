import type { Observer, Step } from '@supernoba/audit';
import { depthFrame, type SymbolMachine, type SymbolOutput } from '@supernoba/engine/matching';

/** Where in the journal an event comes from. */
export interface Origin {
  shardId: string;
  sequenceNumber: string;
}

/** Times are epoch ms. */
export interface FiredTimer {
  shardId: string;
  symbol: string;
  deadline: number;
  /** Arrival of the record that made it fire. */
  firedAt: number;
}

/** Notes of the audit's replay what only the simulator can judge: it alone knows who wrote what, and when. */
export class RunObserver implements Observer {
  /** By `symbol seq`. */
  readonly origins = new Map<string, Origin>();
  readonly timers: FiredTimer[] = [];
  /** Request ids that a status answers. */
  readonly answered = new Set<string>();
  readonly #deadlines = new Map<string, number>();
  readonly #machines = new Map<string, SymbolMachine>();

  moved(machine: SymbolMachine, output: SymbolOutput | undefined, step: Step): void {
    const { symbol } = machine;
    const { shardId, sequenceNumber, arrivalMs } = step;
    const deadline = this.#deadlines.get(symbol) ?? Infinity;
    if (deadline <= arrivalMs) this.timers.push({ shardId, symbol, deadline, firedAt: arrivalMs });
    this.#deadlines.set(symbol, machine.nextDeadline());
    this.#machines.set(symbol, machine);
    for (const json of [...(output?.fills ?? []), ...(output?.statuses ?? [])]) {
      const { seq, request_id: request } = JSON.parse(json) as { seq: number; request_id?: string };
      this.origins.set(`${symbol} ${seq}`, { shardId, sequenceNumber });
      if (request !== undefined) this.answered.add(request);
    }
  }

  /** Depth of every symbol as it is at the journal's end. */
  *depths(): IterableIterator<[symbol: string, depth: string]> {
    for (const [symbol, machine] of this.#machines) yield [symbol, depthFrame(machine)];
  }
}
