import type { SymbolMachine, SymbolOutput } from '@supernoba/engine/matching';
import type { FillEvent, OrderStatusEvent } from '@supernoba/protocol';
import type { Findings } from '../findings.js';
import type { HeldStream } from '../held.js';
import type { Observer, Step } from '../replay.js';

interface Expected {
  text: string;
  arrivalMs: number;
  published: boolean;
}

/** What the journal gives of one stream: by symbol, in the order of `seq`. */
type ExpectedStream = Map<string, Map<number, Expected>>;

/** Every event of both streams, byte for byte, each `seq` once. */
export class EventCheck implements Observer {
  readonly #fills: ExpectedStream = new Map();
  readonly #statuses: ExpectedStream = new Map();

  constructor(private readonly findings: Findings) {}

  moved({ symbol }: SymbolMachine, output: SymbolOutput | undefined, { arrivalMs, published }: Step): void {
    if (output === undefined) return;
    for (const text of output.fills) {
      const { seq } = JSON.parse(text) as FillEvent;
      expect(this.#fills, symbol, seq, { text, arrivalMs, published });
    }
    for (const text of output.statuses) {
      const { seq, status } = JSON.parse(text) as OrderStatusEvent;
      expect(this.#statuses, symbol, seq, { text, arrivalMs, published });
      if (status === 'ACCEPTED') this.findings.count('orders');
    }
  }

  finish(fills: HeldStream, statuses: HeldStream, keptSince: number): void {
    this.findings.count('fills', this.#compare('fills stream', this.#fills, fills, keptSince));
    this.findings.count('statuses', this.#compare('status stream', this.#statuses, statuses, keptSince));
  }

  /** Returns how many expected events were found. */
  #compare(store: string, expected: ExpectedStream, held: HeldStream, keptSince: number): number {
    const found = new Map<string, Set<number>>();
    for (const shard of held) this.#compareShard(store, expected, shard, found);
    let compared = 0;
    for (const [symbol, events] of expected) {
      const seen = found.get(symbol);
      for (const [seq, { text, arrivalMs, published }] of events) {
        if (seen?.has(seq)) compared++;
        else if (!published) this.findings.notComparable(`${store}: not published yet when it was read`);
        else if (arrivalMs < keptSince) this.findings.notComparable(`${store}: older than its retention`);
        else this.findings.same(store, `event ${seq} of ${symbol}`, text, undefined);
      }
    }
    return compared;
  }

  #compareShard(store: string, expected: ExpectedStream, shard: HeldStream[number], found: Map<string, Set<number>>) {
    /** Highest number of each symbol in this shard: new ones only follow. */
    const highest = new Map<string, number>();
    for (const { symbol, seq, text } of shard) {
      let seen = found.get(symbol);
      if (seen === undefined) found.set(symbol, (seen = new Set()));
      const last = highest.get(symbol) ?? 0;
      if (seen.has(seq)) this.findings.count('eventRepeats');
      else if (seq < last) {
        this.findings.differ(store, `event ${seq} of ${symbol} comes for the first time after event ${last}: ${text}`);
      }
      highest.set(symbol, Math.max(last, seq));
      seen.add(seq);
      this.findings.same(store, `event ${seq} of ${symbol}`, expected.get(symbol)?.get(seq)?.text, text);
    }
  }
}

function expect(stream: ExpectedStream, symbol: string, seq: number, event: Expected): void {
  let events = stream.get(symbol);
  if (events === undefined) stream.set(symbol, (events = new Map<number, Expected>()));
  events.set(seq, event);
}
