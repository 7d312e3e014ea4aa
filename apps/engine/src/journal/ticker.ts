import { reportFailure, type BackoffPorts } from '../backoff.js';
import { PortError, type KinesisPort, type Shard } from '../ports.js';

/** A timer that is so long overdue, with nothing left to read, gets a TICK; and there is at most one TICK in this time. */
const OVERDUE_MS = 1_000;
const TICK = Buffer.from('{"action":"TICK"}');

/** Appends a TICK to its own shard when time has passed that no record tells of. */
export class Ticker {
  #lastAt = -Infinity;

  constructor(
    private readonly stream: string,
    private readonly shard: Shard,
    private readonly kinesis: KinesisPort,
    private readonly ports: BackoffPorts,
  ) {}

  /** Call it at the tip. `deadline` is asked for at most once a second. */
  async offer(deadline: () => number): Promise<void> {
    const now = this.ports.clock.monotonic();
    if (now - this.#lastAt < OVERDUE_MS) return;
    if (deadline() + OVERDUE_MS > this.ports.clock.now()) return;
    this.#lastAt = now;
    const label = `tick ${this.shard.shardId}`;
    const record = { partitionKey: 'TICK', explicitHashKey: this.shard.startingHashKey, data: TICK };
    try {
      const [problem] = await this.kinesis.putRecords(this.stream, [record]);
      if (problem === undefined) this.ports.metrics.count('ticks', 1, this.shard.shardId);
      else reportFailure(new PortError('THROTTLED', problem), 1, label, this.ports);
    } catch (error) {
      // The next second offers another.
      if (!(error instanceof PortError) || !error.retryable) throw error;
      reportFailure(error, 1, label, this.ports);
    }
  }
}
