import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { PostResult } from './push/gateway.js';

/** Figures that are read when asked for. */
export interface StreamerGauges {
  realtimeConnections: number;
  anonymousConnections: number;
  symbols: number;
  inFlight: number;
  waiting: number;
  valkeyUp: boolean;
  gatewayUp: boolean;
  missedCloses: number;
}

const TICK_BUCKETS_S = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2];
const POST_BUCKETS_S = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2, 5];

/** What the streamer counts, for Prometheus. Event-loop delay and CPU come with the default metrics of Node. */
export class StreamerMetrics {
  readonly registry = new Registry();
  readonly ticks: Counter<'loop' | 'outcome'>;
  readonly tickSeconds: Histogram;
  readonly badKeys: Counter;
  readonly cleanUps: Counter<'outcome'>;
  readonly rollups: Counter<'outcome'>;
  readonly #posts: Counter<'outcome'>;
  readonly #postSeconds: Histogram;
  readonly #postedBytes: Counter;

  constructor(gauges: () => StreamerGauges) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.ticks = new Counter({
      name: 'streamer_ticks_total',
      help: 'Turns of the loops: ok, failed (the cache did not answer), skipped (the turn before was still running)',
      labelNames: ['loop', 'outcome'],
      registers,
    });
    this.tickSeconds = new Histogram({
      name: 'streamer_tick_seconds',
      help: 'Duration of a turn of the fast loop: reading, comparing, handing over',
      buckets: TICK_BUCKETS_S,
      registers,
    });
    this.badKeys = new Counter({
      name: 'streamer_bad_keys_total',
      help: 'Values in the cache that are not what they should be',
      registers,
    });
    this.cleanUps = new Counter({
      name: 'streamer_cleaned_connections_total',
      help: 'Connections that the gateway no longer knew, removed from the registry',
      labelNames: ['outcome'],
      registers,
    });
    this.rollups = new Counter({
      name: 'streamer_rollups_total',
      help: 'Symbols rolled up: written, outdated (another streamer was later), hole (trades missing), malformed',
      labelNames: ['outcome'],
      registers,
    });
    this.#posts = new Counter({
      name: 'streamer_posts_total',
      help: 'Messages to connections: sent, gone, throttled, refused, unreachable, unsigned',
      labelNames: ['outcome'],
      registers,
    });
    this.#postSeconds = new Histogram({
      name: 'streamer_post_seconds',
      help: 'Time until the gateway answered',
      buckets: POST_BUCKETS_S,
      registers,
    });
    this.#postedBytes = new Counter({ name: 'streamer_posted_bytes_total', help: 'Bytes of messages sent', registers });
    this.#gauge(
      'streamer_realtime_connections',
      'Connections served by the fast loop',
      () => gauges().realtimeConnections,
    );
    this.#gauge(
      'streamer_anonymous_connections',
      'Connections served by the slow loop',
      () => gauges().anonymousConnections,
    );
    this.#gauge('streamer_symbols', 'Symbols with a subscriber', () => gauges().symbols);
    this.#gauge('streamer_posts_in_flight', 'Messages whose answer is awaited', () => gauges().inFlight);
    this.#gauge('streamer_connections_waiting', 'Connections with something to hear', () => gauges().waiting);
    this.#gauge('streamer_valkey_up', '1 while the cache answers', () => Number(gauges().valkeyUp));
    this.#gauge('streamer_gateway_up', '1 while the gateway answers', () => Number(gauges().gatewayUp));
    this.#gauge(
      'streamer_missed_candle_closes',
      'Candles that vanished without a closed one',
      () => gauges().missedCloses,
    );
  }

  posted({ outcome }: PostResult, tookMs: number, bytes: number): void {
    this.#posts.inc({ outcome });
    this.#postSeconds.observe(tookMs / 1000);
    if (outcome === 'sent') this.#postedBytes.inc(bytes);
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }
}
