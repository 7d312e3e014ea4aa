import {
  ListShardsCommand,
  MergeShardsCommand,
  SplitShardCommand,
  type KinesisClient,
  type Shard,
} from '@aws-sdk/client-kinesis';
import type { RunningExchange } from '@supernoba/local';
import { STREAMS } from '@supernoba/protocol';
import { createValkey } from '@supernoba/runtime';
import { setTimeout as pause } from 'node:timers/promises';
import type { FailoverTimes } from './failover.js';
import type { Engine, Fleet } from './fleet.js';
import { partPid, signalTo, until } from './processes.js';

export const FAULT_KINDS = [
  'engineKill',
  'enginePause',
  'engineReplace',
  'valkeyKill',
  'valkeyFlush',
  'kinesisThrottle',
  'reshard',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Every kind in each round, kills more often. */
const ROUND: readonly FaultKind[] = [...FAULT_KINDS, 'engineKill', 'engineKill'];
const MOST_SHARDS = 6;
const RESTART_LIMIT_MS = 30_000;
const THROTTLE_MS = 4_000;

export interface FaultOptions {
  exchange: RunningExchange;
  fleet: Fleet;
  kinesis: KinesisClient;
  random: () => number;
  /** Life of a lease, ms: a pause goes beyond it. */
  leaseMs: number;
  kills: FailoverTimes;
  handOvers: FailoverTimes;
  signal: AbortSignal;
}

/** Draws faults and strikes with them. */
export class Faults {
  readonly counts = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  #round: FaultKind[] = [];
  /** Those that last: they are over when they have resolved. */
  readonly #lasting = new Set<Promise<void>>();

  constructor(private readonly options: FaultOptions) {}

  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  /** The next kind of this seed. */
  draw(): FaultKind {
    if (this.#round.length === 0) this.#round = [...ROUND];
    return this.#round.splice(this.#below(this.#round.length), 1)[0]!;
  }

  async strike(kind: FaultKind): Promise<void> {
    this.options.kills.disturbed();
    this.options.handOvers.disturbed();
    await this.#strike(kind);
    this.counts[kind]++;
  }

  /** Resolves when no fault lasts any more. @throws what one of them could not be ended for */
  async over(): Promise<void> {
    await Promise.all(this.#lasting);
  }

  async #strike(kind: FaultKind): Promise<void> {
    const { fleet, kills, handOvers, leaseMs } = this.options;
    switch (kind) {
      case 'engineKill': {
        const engine = await this.#owner();
        const isAlone = await this.#isCalm();
        fleet.signal(engine, 'SIGKILL');
        kills.killed(performance.now(), isAlone);
        return;
      }
      case 'enginePause': {
        const engine = await this.#owner();
        fleet.signal(engine, 'SIGSTOP');
        return this.#last(leaseMs * (1.3 + this.options.random()), () => fleet.signal(engine, 'SIGCONT'));
      }
      case 'engineReplace': {
        const engine = await this.#owner();
        const isAlone = await this.#isCalm();
        fleet.signal(engine, 'SIGTERM');
        handOvers.killed(performance.now(), isAlone);
        return;
      }
      case 'valkeyKill':
        return this.#killValkey(this.#cache());
      case 'valkeyFlush':
        return this.#flush(this.#cache());
      case 'kinesisThrottle':
        await this.#setFaults('POST', {
          seed: this.#below(1_000_000),
          rules: [{ kind: 'throttle', probability: 0.5 }],
        });
        return this.#last(THROTTLE_MS, () => this.#setFaults('DELETE'));
      case 'reshard':
        return this.#reshard();
    }
  }

  /** Whether no fault lasts, and an engine can take over at once. */
  async #isCalm(): Promise<boolean> {
    return this.#lasting.size === 0 && (await this.options.fleet.areReady());
  }

  #last(ms: number, end: () => void | Promise<void>): void {
    const lasting = pause(ms).then(end);
    this.#lasting.add(lasting);
    lasting.then(
      () => this.#lasting.delete(lasting),
      // It stays, and `over` tells.
      () => undefined,
    );
  }

  /** An engine that owns shards where one can be told, else any. */
  async #owner(): Promise<Engine> {
    const { fleet, signal } = this.options;
    await until('an engine', RESTART_LIMIT_MS, signal, () => fleet.engines().length > 0);
    const engines = fleet.engines();
    const shards = await Promise.all(engines.map((engine) => fleet.shardsOf(engine)));
    const owners = engines.filter((_, index) => (shards[index] ?? 0) > 0);
    const from = owners.length > 0 ? owners : engines;
    return from[this.#below(from.length)]!;
  }

  /** The cache that matters more is struck more often. */
  #cache(): 'valkey-depth' | 'valkey-backup' {
    return this.options.random() < 0.7 ? 'valkey-depth' : 'valkey-backup';
  }

  async #killValkey(part: string): Promise<void> {
    const { exchange, signal } = this.options;
    const killed = partPid(exchange.dataDir, part);
    if (killed === undefined || !signalTo(killed, 'SIGKILL')) throw new Error(`${part} is not there to be killed`);
    await until(`${part} again`, RESTART_LIMIT_MS, signal, () => partPid(exchange.dataDir, part) !== killed);
  }

  async #flush(part: 'valkey-depth' | 'valkey-backup'): Promise<void> {
    const { valkeyDepth, valkeyBackup } = this.options.exchange.endpoints;
    const { hostname, port } = new URL(part === 'valkey-depth' ? valkeyDepth : valkeyBackup);
    const client = createValkey({ host: hostname, port: Number(port), name: 'chaos' });
    // What is wrong with the connection is told by the call that fails.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.flushall();
    } catch (error) {
      throw new Error(`${part} could not be flushed`, { cause: error });
    } finally {
      client.disconnect();
    }
  }

  async #setFaults(method: 'POST' | 'DELETE', body?: object): Promise<void> {
    const answer = await fetch(`${this.options.exchange.endpoints.kinesis}/_control/faults`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`Kinesis did not take the faults: ${answer.status} ${await answer.text()}`);
  }

  /** Splits a shard of the orders stream in the middle, or merges two neighbours once there are many. */
  async #reshard(): Promise<void> {
    const { kinesis } = this.options;
    const StreamName = STREAMS.orders.name;
    const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
    const open = Shards.filter(({ SequenceNumberRange }) => SequenceNumberRange?.EndingSequenceNumber === undefined);
    open.sort((a, b) => (rangeOf(a).from < rangeOf(b).from ? -1 : 1));
    if (open.length >= MOST_SHARDS) {
      const at = this.#below(open.length - 1);
      const [left, right] = [open[at]!, open[at + 1]!];
      await kinesis.send(
        new MergeShardsCommand({ StreamName, ShardToMerge: left.ShardId, AdjacentShardToMerge: right.ShardId }),
      );
      return;
    }
    const shard = open[this.#below(open.length)]!;
    const { from, to } = rangeOf(shard);
    const NewStartingHashKey = String((from + to) / 2n);
    await kinesis.send(new SplitShardCommand({ StreamName, ShardToSplit: shard.ShardId, NewStartingHashKey }));
  }

  #below(limit: number): number {
    return Math.floor(this.options.random() * limit);
  }
}

function rangeOf({ HashKeyRange }: Shard): { from: bigint; to: bigint } {
  return { from: BigInt(HashKeyRange!.StartingHashKey!), to: BigInt(HashKeyRange!.EndingHashKey!) };
}
