import { decodeRecord, DeadLetterReason } from '@supernoba/protocol';
import type { DecodedElement, SnapshotObject } from '@supernoba/protocol';
import type { JournalRecord } from '../ports.js';
import type { BookFactory } from './books.js';
import type { BatchOutput } from './output.js';
import { comparePositions, type Position } from './positions.js';
import { firstMissing, SnapshotNeeded } from './restores.js';
import { SymbolMachine, type MachineState } from './symbol-machine.js';

/** What is no snapshot at all: the book says so. */
const NO_BOOK = new Uint8Array();

/** The books of one shard: records in, events out. */
export class ShardMatcher {
  readonly machines = new Map<string, SymbolMachine>();
  /** Last record applied. */
  position: Position = '';
  /** Books by the hash of the object they came in, for the next record. */
  readonly #supplies = new Map<string, Uint8Array | undefined>();

  constructor(readonly books: BookFactory) {}

  restore(symbol: string, book: Uint8Array, state: MachineState): void {
    this.machines.set(symbol, new SymbolMachine(symbol, this.books, { book, state }));
  }

  /**
   * Applies one record; a symbol whose snapshot already holds it skips it.
   *
   * @param out takes the events; undefined in a silent replay
   * @throws SnapshotNeeded for a RESTORE whose snapshot is to be supplied first; nothing has been applied then
   */
  apply(record: JournalRecord, out: BatchOutput | undefined): void {
    const elements = decodeRecord(record.data, record.partitionKey);
    const missing = firstMissing(elements, this.#supplies);
    if (missing !== undefined) throw new SnapshotNeeded(missing);
    out?.records.push(record);
    // Some may stand in it more than once.
    const touched: SymbolMachine[] = [];
    for (const element of elements) {
      const problem = this.#applyElement(element, record, out, touched);
      if (problem === undefined) continue;
      const { reason, message } = problem;
      out?.deadLetters.push({ reason, message, index: element.index, ...origin(record) });
    }
    for (const machine of touched) machine.position = record.sequenceNumber;
    this.position = record.sequenceNumber;
    if (this.#supplies.size > 0) this.#supplies.clear();
  }

  /**
   * Gives the matcher an object that the next record names.
   *
   * @param book bytes of the book in it; undefined where it is no snapshot
   */
  supply({ sha256 }: SnapshotObject, book: Uint8Array | undefined): void {
    this.#supplies.set(sha256, book);
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
    touched: SymbolMachine[],
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
        touched.push(machine);
      }
      return undefined;
    }
    if (out !== undefined && entry.action !== 'SYMBOL') out.orders++;
    const machine = this.#machine(entry.symbol, record, touched);
    if (entry.action === 'SYMBOL' && entry.snapshot !== undefined) {
      const book = this.#supplies.get(entry.snapshot.sha256) ?? NO_BOOK;
      const problem = machine?.restore(entry, book, arrivalMs, out);
      return problem && { reason: DeadLetterReason.Malformed, message: `${entry.snapshot.key}: ${problem.message}` };
    }
    machine?.apply(entry, arrivalMs, out);
    return undefined;
  }

  /** The symbol's machine, made at its first entry; undefined where its snapshot already holds the record. */
  #machine(symbol: string, record: JournalRecord, touched: SymbolMachine[]): SymbolMachine | undefined {
    let machine = this.machines.get(symbol);
    if (machine === undefined) {
      machine = new SymbolMachine(symbol, this.books);
      this.machines.set(symbol, machine);
    }
    if (!isNew(record, machine)) return undefined;
    touched.push(machine);
    return machine;
  }
}

function isNew(record: JournalRecord, machine: SymbolMachine): boolean {
  return comparePositions(record.sequenceNumber, machine.position) > 0;
}

function origin({ sequenceNumber, partitionKey, arrivalMs, data }: JournalRecord) {
  return { sequenceNumber, partitionKey, arrivalMs, data };
}
