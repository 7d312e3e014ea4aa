import { EngineError } from './errors.js';
import { PortError } from './ports.js';
import type { Clock, EngineLogger, MetricsSink, RandomSource, Timers } from './ports.js';

export interface BackoffPorts {
  clock: Clock;
  timers: Timers;
  random: RandomSource;
  logger: EngineLogger;
  metrics: MetricsSink;
}

const FIRST_PAUSE_MS = 25;
const MAX_PAUSE_MS = 2_000;

/** Full jitter: anything from 0 to the cap of this attempt (1, 2, 3 …), at most two seconds. */
export function pauseMs(attempt: number, random: RandomSource): number {
  return Math.ceil(random.next() * Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10)));
}

/** Ends waiting when the engine ends, or a part of it. */
export class Lifetime {
  #ended = false;
  readonly #listeners = new Set<() => void>();

  /** A part's life: it ends with this one at the latest. */
  child(): Lifetime {
    const child = new Lifetime();
    child.onEnd(this.onEnd(() => child.end()));
    return child;
  }

  /** Calls once at the end, at once where that is past; the answer calls it off. */
  onEnd(listener: () => void): () => void {
    if (this.#ended) listener();
    else this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** @throws EngineError `STOPPED` once the engine has ended */
  check(): void {
    if (this.#ended) throw new EngineError('STOPPED', 'the engine has ended');
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  /** Waits; returns early at the end. */
  sleep(ms: number, timers: Timers): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#listeners.delete(wake);
        resolve();
      };
      const cancel = timers.after(ms, wake);
      this.#listeners.add(wake);
    });
  }
}

export interface RetryOptions {
  /** Names the call in logs and metrics. */
  label: string;
  /** Longest time to go on trying, ms; for ever unless told. Every wait is bounded by what waits for it. */
  forMs?: number;
}

/** Calls until it succeeds. What is not worth a retry is thrown as it is. */
export async function retry<T>(
  call: () => Promise<T>,
  ports: BackoffPorts,
  life: Lifetime,
  { label, forMs = Infinity }: RetryOptions,
): Promise<T> {
  const started = ports.clock.monotonic();
  for (let attempt = 1; ; attempt++) {
    life.check();
    try {
      const value = await call();
      if (attempt > 1) ports.metrics.gauge('destination_down', 0, label);
      return value;
    } catch (error) {
      if (!(error instanceof PortError) || !error.retryable) throw error;
      if (ports.clock.monotonic() - started > forMs) {
        throw new EngineError('START_TIMEOUT', `${label}: ${error.message}`, { cause: error });
      }
      reportFailure(error, attempt, label, ports);
      await life.sleep(pauseMs(attempt, ports.random), ports.timers);
    }
  }
}

/** One log line at the first failure and at every tenth, a counter at each, an alarm while it lasts. */
export function reportFailure(error: PortError, attempt: number, label: string, ports: BackoffPorts): void {
  ports.metrics.count('retries', 1, label);
  ports.metrics.gauge('destination_down', 1, label);
  if (attempt % 10 === 1) {
    ports.logger.warn({ label, code: error.code, attempt, error: error.message }, 'a call failed, trying again');
  }
}
