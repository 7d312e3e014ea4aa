import { DEPTH_LEVELS } from '@supernoba/protocol';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Engine } from '../engine.js';
import { COUNTERS, GAUGES, HISTOGRAMS, type MetricsSink } from '../ports.js';

type CounterName = keyof typeof COUNTERS;
type GaugeName = keyof typeof GAUGES;
type HistogramName = keyof typeof HISTOGRAMS;

const PREFIX = 'supernoba_engine_';
/** What the label of a figure names; its shard unless told. */
const LABELS: Readonly<Partial<Record<CounterName | GaugeName | HistogramName, string>>> = {
  rejects: 'reason',
  dead_letters: 'reason',
  retries: 'call',
  destination_down: 'call',
  gaps: 'destination',
  flush_ms: 'destination',
  leases_held: 'owner',
  leases_free: 'stream',
};
const BUCKETS: Readonly<Record<HistogramName, number[]>> = {
  batch_records: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
  batch_events: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000],
  flush_ms: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000],
};

/** The figures that the engine tells of as they happen, for Prometheus. */
export class PrometheusMetrics implements MetricsSink {
  readonly #counters = new Map<CounterName, Counter>();
  readonly #gauges = new Map<GaugeName, Gauge>();
  readonly #histograms = new Map<HistogramName, Histogram>();

  constructor(readonly registry = new Registry()) {
    for (const [name, help] of entriesOf(COUNTERS)) {
      this.#counters.set(name, new Counter({ ...this.#shape(name, help), name: `${PREFIX}${name}_total` }));
    }
    for (const [name, help] of entriesOf(GAUGES)) this.#gauges.set(name, new Gauge(this.#shape(name, help)));
    for (const [name, help] of entriesOf(HISTOGRAMS)) {
      this.#histograms.set(name, new Histogram({ ...this.#shape(name, help), buckets: BUCKETS[name] }));
    }
  }

  count(counter: CounterName, by: number, label: string): void {
    if (by > 0) this.#counters.get(counter)?.inc({ [labelOf(counter)]: label }, by);
  }

  gauge(gauge: GaugeName, value: number, label: string): void {
    this.#gauges.get(gauge)?.set({ [labelOf(gauge)]: label }, value);
  }

  observe(histogram: HistogramName, value: number, label: string): void {
    this.#histograms.get(histogram)?.observe({ [labelOf(histogram)]: label }, value);
  }

  #shape(name: CounterName | GaugeName | HistogramName, help: string) {
    return { name: PREFIX + name, help, labelNames: [labelOf(name)], registers: [this.registry] };
  }
}

/** The figures that are looked up when somebody asks: those of shards, and of each book that is held. */
export function collectEngine(registry: Registry, engine: Pick<Engine, 'health' | 'heldBooks'>): void {
  const gauge = <L extends string>(name: string, help: string, labelNames: L[], collect: (gauge: Gauge<L>) => void) =>
    new Gauge<L>({
      name: PREFIX + name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        // A shard or a book that has gone to another engine is not told of any more.
        this.reset();
        collect(this);
      },
    });
  const shards = (name: string, help: string, field: 'unpublished' | 'snapshotAgeMs' | 'stalledMs') =>
    gauge(name, help, ['shard'], (figures) => {
      for (const shard of engine.health().shards) figures.set({ shard: shard.shardId }, shard[field]);
    });
  shards('unpublished_records', 'Journal records matched and not acknowledged everywhere', 'unpublished');
  shards('snapshot_age_ms', 'Since the last manifest was written', 'snapshotAgeMs');
  shards('stalled_ms', 'How long a read or an acknowledgement has been due', 'stalledMs');
  gauge('open_orders', 'Open orders of a book, stops included', ['symbol'], (figures) => {
    for (const { machine } of engine.heldBooks()) figures.set({ symbol: machine.symbol }, machine.book.openOrders);
  });
  gauge('depth_quantity', 'Lots shown on the ten best levels of a side', ['symbol', 'side'], (figures) => {
    for (const { machine } of engine.heldBooks()) {
      for (const side of ['bid', 'ask'] as const) {
        const quantities = machine.book.depth(side, DEPTH_LEVELS).map(({ quantity }) => quantity);
        figures.set(
          { symbol: machine.symbol, side },
          quantities.reduce((sum, quantity) => sum + quantity, 0),
        );
      }
    }
  });
}

function labelOf(name: CounterName | GaugeName | HistogramName): string {
  return LABELS[name] ?? 'shard';
}

function entriesOf<N extends string>(figures: Readonly<Record<N, string>>): [N, string][] {
  return Object.entries(figures) as [N, string][];
}
