import { decodeRecord, DeadLetterReason, type DecodedElement } from '@supernoba/protocol';
import type { JournalRecord } from '../ports.js';
import type { BookFactory } from './books.js';
import type { BatchOutput } from './output.js';
import { comparePositions, type Position } from './positions.js';
import { SymbolMachine, type MachineState } from './symbol-machine.js';

/** The books of one shard: records in, events out. */
export class ShardMatcher {
  readonly machines = new Map<string, SymbolMachine>();
  /** Last record applied. */
  position: Position = '';

  constructor(readonly books: BookFactory) {}

  restore(symbol: string, book: Uint8Array, state: MachineState): void {
    this.machines.set(symbol, new SymbolMachine(symbol, this.books, { book, state }));
  }

  /**
   * Applies one record; a symbol whose snapshot already holds it skips it.
   *
   * @param out takes the events; undefined in a silent replay
   */
  apply(record: JournalRecord, out: BatchOutput | undefined): void {
    const touched = new Set<SymbolMachine>();
    for (const element of decodeRecord(record.data, record.partitionKey)) {
      const problem = this.#applyElement(element, record, out, touched);
      if (problem === undefined) continue;
      const { reason, message } = problem;
      out?.deadLetters.push({ reason, message, index: element.index, ...origin(record) });
    }
    for (const machine of touched) machine.position = record.sequenceNumber;
    this.position = record.sequenceNumber;
  }

  /** Earliest deadline of any symbol's timers, epoch ms; Infinity without one. */
  nextDeadline(): number {
    let earliest = Infinity;
    for (const machine of this.machines.values()) earliest = Math.min(earliest, machine.nextDeadline());
    return earliest;
  }

  #applyElement(
    element: DecodedElement,
    record: JournalRecord,
    out: BatchOutput | undefined,
    touched: Set<SymbolMachine>,
  ): { reason: DeadLetterReason; message: string } | undefined {
    const { arrivalMs } = record;
    if (!element.ok) {
      if (element.symbol !== undefined && element.orderId !== undefined && element.userId !== undefined) {
        const machine = this.#machine(element.symbol, record, touched);
        machine?.refuse(element, arrivalMs, out);
      }
      return element;
    }
    const { entry } = element;
    if (out !== undefined) out.entries++;
    if (entry.action === 'TICK') {
      for (const machine of this.machines.values()) {
        if (!isNew(record, machine) || !machine.tick(arrivalMs, out)) continue;
        touched.add(machine);
      }
      return undefined;
    }
    const machine = this.#machine(entry.symbol, record, touched);
    if (machine === undefined || machine.apply(entry, arrivalMs, out)) return undefined;
    return { reason: DeadLetterReason.NotAvailable, message: 'op RESTORE is not available yet' };
  }

  /** The symbol's machine, made at its first entry; undefined where its snapshot already holds the record. */
  #machine(symbol: string, record: JournalRecord, touched: Set<SymbolMachine>): SymbolMachine | undefined {
    let machine = this.machines.get(symbol);
    if (machine === undefined) {
      machine = new SymbolMachine(symbol, this.books);
      this.machines.set(symbol, machine);
    }
    if (!isNew(record, machine)) return undefined;
    touched.add(machine);
    return machine;
  }
}

function isNew(record: JournalRecord, machine: SymbolMachine): boolean {
  return comparePositions(record.sequenceNumber, machine.position) > 0;
}

function origin({ sequenceNumber, partitionKey, arrivalMs, data }: JournalRecord) {
  return { sequenceNumber, partitionKey, arrivalMs, data };
}
