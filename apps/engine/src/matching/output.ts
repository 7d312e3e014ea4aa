import { EventList, type DeadLetterReason, type PublicTrade } from '@supernoba/protocol';
import type { JournalRecord } from '../ports.js';

/** What one batch of records did to one symbol. */
export interface SymbolOutput {
  symbol: string;
  /** Events in order. */
  fills: EventList;
  statuses: EventList;
  /** The same executions as the market data takes them. */
  trades: PublicTrade[];
}

/** An element of the journal that could not be matched. */
export interface DeadLetter {
  sequenceNumber: string;
  index: number;
  reason: DeadLetterReason;
  message: string;
  partitionKey: string;
  arrivalMs: number;
  /** The whole record. */
  data: Uint8Array;
}

/** Everything that a batch of records has to say to the world. */
export class BatchOutput {
  readonly symbols = new Map<string, SymbolOutput>();
  readonly deadLetters: DeadLetter[] = [];
  /** The records themselves, in order. */
  readonly records: JournalRecord[] = [];
  /** Sequence number of the batch's last record; '' while it has none. */
  position = '';
  /** Journal entries applied, events given, executions among them. */
  entries = 0;
  events = 0;
  fills = 0;
  /** Entries that clients sent. */
  orders = 0;
  /** Statuses that say no, by reason (`DUPLICATE` has none and stands for itself). */
  readonly rejects = new Map<string, number>();

  of(symbol: string): SymbolOutput {
    let output = this.symbols.get(symbol);
    if (output === undefined) {
      output = { symbol, fills: new EventList(symbol), statuses: new EventList(symbol), trades: [] };
      this.symbols.set(symbol, output);
    }
    return output;
  }
}
