import type { Fill } from '@supernoba/orderbook';
import type { DeadLetterReason, PublicTrade } from '@supernoba/protocol';

/** What one batch of records did to one symbol. */
export interface SymbolOutput {
  symbol: string;
  /** Events as JSON, in order. */
  fills: string[];
  statuses: string[];
  /** The same executions as the stores and the market data take them. */
  executions: Fill[];
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
  /** Sequence number of the batch's last record; '' while it has none. */
  position = '';
  /** Journal entries applied, events given, executions among them. */
  entries = 0;
  events = 0;
  fills = 0;

  of(symbol: string): SymbolOutput {
    let output = this.symbols.get(symbol);
    if (output === undefined) {
      output = { symbol, fills: [], statuses: [], executions: [], trades: [] };
      this.symbols.set(symbol, output);
    }
    return output;
  }
}
