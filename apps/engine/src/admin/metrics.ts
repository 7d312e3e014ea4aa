import { Counter, Gauge, Registry } from 'prom-client';
import { COUNTERS, GAUGES, type Counter as CounterName, type Gauge as GaugeName, type MetricsSink } from '../ports.js';

const PREFIX = 'supernoba_engine_';

/** The engine's figures for Prometheus. */
export class PrometheusMetrics implements MetricsSink {
  readonly #counters = new Map<CounterName, Counter<'label'>>();
  readonly #gauges = new Map<GaugeName, Gauge<'label'>>();

  constructor(readonly registry = new Registry()) {
    const registers = [registry];
    for (const [name, help] of Object.entries(COUNTERS) as [CounterName, string][]) {
      const counter = new Counter({ name: `${PREFIX}${name}_total`, help, labelNames: ['label'] as const, registers });
      this.#counters.set(name, counter);
    }
    for (const [name, help] of Object.entries(GAUGES) as [GaugeName, string][]) {
      this.#gauges.set(name, new Gauge({ name: PREFIX + name, help, labelNames: ['label'] as const, registers }));
    }
  }

  count(counter: CounterName, by: number, label: string): void {
    if (by > 0) this.#counters.get(counter)?.inc({ label }, by);
  }

  gauge(gauge: GaugeName, value: number, label: string): void {
    this.#gauges.get(gauge)?.set({ label }, value);
  }
}
