import type { Findings } from '../findings.js';
import type { HeldRow } from '../held.js';
import type { Observer, Step } from '../replay.js';

const STORE = 'dead_letters';

/** Every element of the journal that is no order is one dead letter, and nothing else is. */
export class DeadLetterCheck implements Observer {
  readonly #expected = new Map<string, { reason: string; published: boolean }>();

  constructor(private readonly findings: Findings) {}

  stepped({ shardId, published, output }: Step): void {
    for (const { sequenceNumber, index, reason } of output.deadLetters) {
      this.#expected.set(`${shardId}#${sequenceNumber}#${index}`, { reason, published });
    }
  }

  finish(rows: readonly HeldRow[]): void {
    const seen = new Set<string>();
    for (const { id: given, reason } of rows) {
      const id = String(given);
      seen.add(id);
      this.findings.count('deadLettersCompared');
      this.findings.same(STORE, `dead letter ${id}`, this.#expected.get(id)?.reason, String(reason));
    }
    for (const [id, { reason, published }] of this.#expected) {
      if (seen.has(id)) continue;
      if (published) this.findings.same(STORE, `dead letter ${id}`, reason, undefined);
      else this.findings.notComparable(`${STORE}: not published yet when it was read`);
    }
  }
}
