import {
  DescribeStreamSummaryCommand,
  ListShardsCommand,
  type KinesisClient,
  type ListShardsCommandInput,
  type Shard,
} from '@aws-sdk/client-kinesis';
import { join } from 'node:path';
import type { Invoker } from '../invoker.js';
import type { GatewayLog } from '../log.js';
import { pause, settleWithin } from '../pause.js';
import type { EventSourceSettings } from '../settings.js';
import { Progress, SHARD_END } from './progress.js';
import { readShard } from './shard-reader.js';

export interface EventSourcePorts {
  kinesis: KinesisClient;
  lambda: Invoker;
  /** Folder of the progress files. */
  dataDir: string;
  region: string;
  log: GatewayLog;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
/** How often the list of shards is read when no shard ends. */
const LOOK_MS = 10_000;

interface OpenStream {
  arn: string;
  progress: Progress;
}

/**
 * An event source mapping: reads every shard of a stream, parents before children, and hands the records to a Lambda,
 * one batch a shard at a time. Each record is delivered at least once; a restart goes on where the progress file ends.
 */
export class KinesisEventSource {
  readonly #settings: EventSourceSettings;
  readonly #ports: EventSourcePorts;
  readonly #closing = new AbortController();
  readonly #readers = new Map<string, Promise<void>>();
  readonly #running: Promise<void>;
  /** Aborted to look at the list of shards before its time. */
  #look = new AbortController();

  constructor(settings: EventSourceSettings, ports: EventSourcePorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#running = this.#run();
  }

  /** Stops reading and gives the invocations under way `withinMs`; their records come again unless they end in time. */
  async close(withinMs: number): Promise<void> {
    this.#closing.abort();
    this.#look.abort();
    await settleWithin(withinMs, this.#running);
  }

  async #run(): Promise<void> {
    const stream = await this.#untilDone('a stream could not be opened', () => this.#open());
    while (stream !== undefined && !this.#closing.signal.aborted) {
      this.#look = new AbortController();
      const shards = await this.#untilDone('the shards of a stream could not be listed', () => this.#listShards());
      if (shards === undefined) break;
      this.#startReaders(shards, stream);
      // Only the end of a shard brings new ones, except where somebody else split a shard that is not read yet.
      await pause(LOOK_MS, this.#look.signal);
    }
    await Promise.all(this.#readers.values());
  }

  /** Tries again until it succeeds; undefined when closing. */
  async #untilDone<T>(problem: string, attempt: () => Promise<T>): Promise<T | undefined> {
    const { signal } = this.#closing;
    for (let retryMs = FIRST_RETRY_MS; !signal.aborted; retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)) {
      try {
        return await attempt();
      } catch (error) {
        if (signal.aborted) break;
        this.#ports.log.warn({ err: error, source: this.#settings.name }, problem);
        await pause(retryMs, signal);
      }
    }
    return undefined;
  }

  async #open(): Promise<OpenStream> {
    const request = new DescribeStreamSummaryCommand({ StreamName: this.#settings.stream });
    const answer = await this.#ports.kinesis.send(request, { abortSignal: this.#closing.signal });
    const { StreamARN = '', StreamCreationTimestamp } = answer.StreamDescriptionSummary ?? {};
    const file = join(this.#ports.dataDir, 'event-sources', `${this.#settings.name}.json`);
    return { arn: StreamARN, progress: await Progress.load(file, StreamCreationTimestamp?.getTime() ?? 0) };
  }

  #startReaders(shards: readonly Shard[], { arn, progress }: OpenStream): void {
    const ids = new Set(shards.map(({ ShardId }) => ShardId));
    const pending = (id: string | undefined) => id !== undefined && ids.has(id) && progress.position(id) !== SHARD_END;
    for (const { ShardId: shardId, ParentShardId, AdjacentParentShardId } of shards) {
      if (shardId === undefined || !pending(shardId) || this.#readers.has(shardId)) continue;
      if (pending(ParentShardId) || pending(AdjacentParentShardId)) continue;
      const { region, ...ports } = this.#ports;
      const origin = { streamArn: arn, shardId, region };
      const reader = readShard({ ...ports, settings: this.#settings, progress, origin, signal: this.#closing.signal });
      this.#readers.set(
        shardId,
        reader.finally(() => {
          this.#readers.delete(shardId);
          this.#look.abort();
        }),
      );
    }
  }

  async #listShards(): Promise<Shard[]> {
    const shards: Shard[] = [];
    let input: ListShardsCommandInput = { StreamName: this.#settings.stream };
    for (;;) {
      const answer = await this.#ports.kinesis.send(new ListShardsCommand(input), {
        abortSignal: this.#closing.signal,
      });
      shards.push(...(answer.Shards ?? []));
      if (answer.NextToken === undefined) return shards;
      input = { NextToken: answer.NextToken };
    }
  }
}
