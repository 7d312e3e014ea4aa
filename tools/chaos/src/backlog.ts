/**
 * Accepted requests that no status answers yet. There are answers to others too: a CANCEL_ALL is on nobody's list, and a
 * request whose answer was lost is accepted when it is sent again.
 */
export class Backlog {
  #answers = 0;
  /** Answered, and not known to be accepted. */
  readonly #strays = new Set<string>();

  constructor(private readonly accepted: ReadonlyMap<string, unknown>) {}

  /** Call it once a request. */
  answered(requestId: string): void {
    this.#answers++;
    if (!this.accepted.has(requestId)) this.#strays.add(requestId);
  }

  exceeds(limit: number): boolean {
    if (this.#size <= limit) return false;
    for (const requestId of this.#strays) if (this.accepted.has(requestId)) this.#strays.delete(requestId);
    return this.#size > limit;
  }

  get #size(): number {
    return this.accepted.size - (this.#answers - this.#strays.size);
  }
}
