/** Differences told in full; the rest is counted. */
const MAX_TOLD = 20;

export const METRICS = [
  'records',
  'recordsPending',
  'archivedRecordsCompared',
  'orders',
  'fills',
  'statuses',
  'eventRepeats',
  'rowsCompared',
  'tradeRowsBehind',
  'orderRowsCompared',
  'orderRowsBehind',
  'deadLettersCompared',
  'depthsCompared',
  'tickersCompared',
  'publicTradesCompared',
  'candlesCompared',
  'candleRows_1m',
  'candleRows_3m',
  'candleRows_5m',
  'candleRows_15m',
  'candleRows_30m',
  'candleRows_1h',
  'candleRows_4h',
  'candleRows_1d',
  'archiveObjectsCompared',
  'archivedCandlesCompared',
  'archivedTradesCompared',
  'previousDaysCompared',
  'snapshotsCompared',
  'notComparable',
] as const;
export type Metric = (typeof METRICS)[number];

export interface Difference {
  store: string;
  /** What differs, in full. */
  message: string;
}

export interface AuditReport {
  counts: Readonly<Record<Metric, number>>;
  /** What could not be compared, by reason. */
  notComparable: Readonly<Record<string, number>>;
  /** The first ones. */
  differences: readonly Difference[];
  differencesFound: number;
}

/** What an audit has counted and found. */
export class Findings {
  readonly #counts = Object.fromEntries(METRICS.map((metric) => [metric, 0])) as Record<Metric, number>;
  readonly #notComparable: Record<string, number> = {};
  readonly #differences: Difference[] = [];
  #found = 0;

  count(metric: Metric, by = 1): void {
    this.#counts[metric] += by;
  }

  /** Something that nobody can check any more: said, never passed in silence. */
  notComparable(reason: string, by = 1): void {
    this.count('notComparable', by);
    this.#notComparable[reason] = (this.#notComparable[reason] ?? 0) + by;
  }

  differ(store: string, message: string): void {
    this.#found++;
    if (this.#differences.length < MAX_TOLD) this.#differences.push({ store, message });
  }

  /** Whether both are the same text; tells the difference where they are not. */
  same(store: string, what: string, expected: string | undefined, held: string | undefined): boolean {
    if (expected === held) return true;
    const told = (text: string | undefined) => text ?? '(nothing)';
    this.differ(store, `${what}\n  the journal gives  ${told(expected)}\n  the store holds    ${told(held)}`);
    return false;
  }

  report(): AuditReport {
    return {
      counts: { ...this.#counts },
      notComparable: { ...this.#notComparable },
      differences: [...this.#differences],
      differencesFound: this.#found,
    };
  }
}
