import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  type GetRecordsCommandOutput,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import { decodeEvents } from '@supernoba/protocol';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

const POLL_MS = 100;

/** Follows the status stream from now on and tells of every request that is answered, when it is. */
export class StatusWatch {
  readonly answered = new Set<string>();
  readonly #stop = new AbortController();
  #readers: Promise<void>[] = [];
  #failure: unknown;

  constructor(
    private readonly kinesis: KinesisClient,
    private readonly stream: string,
    private readonly onAnswer: (requestId: string) => void,
  ) {}

  async start(): Promise<void> {
    const { Shards = [] } = await this.kinesis.send(new ListShardsCommand({ StreamName: this.stream }));
    const starts = Shards.map(async ({ ShardId }) => {
      const command = { StreamName: this.stream, ShardId, ShardIteratorType: 'LATEST' } as const;
      return {
        shardId: ShardId!,
        iterator: (await this.kinesis.send(new GetShardIteratorCommand(command))).ShardIterator!,
      };
    });
    this.#readers = (await Promise.all(starts)).map(async ({ shardId, iterator }) => {
      try {
        await this.#read(shardId, iterator);
      } catch (error) {
        this.#failure ??= error;
      }
    });
  }

  /** @throws what a reader failed with: it sees no answers any more */
  check(): void {
    if (this.#failure !== undefined)
      throw new Error('the status stream is not followed any more', { cause: this.#failure });
  }

  /** @throws as {@link check} */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#readers);
    this.check();
  }

  async #read(ShardId: string, first: string): Promise<void> {
    let iterator: string | undefined = first;
    let position: string | undefined;
    while (!this.#stop.signal.aborted) {
      await pause(POLL_MS);
      try {
        iterator ??= await this.#iteratorAfter(ShardId, position);
        const command = new GetRecordsCommand({ ShardIterator: iterator });
        const page: GetRecordsCommandOutput = await this.kinesis.send(command);
        for (const { Data, SequenceNumber } of page.Records ?? []) {
          position = SequenceNumber;
          this.#take(Data!);
        }
        iterator = page.NextShardIterator;
      } catch (error) {
        // Throttled, as this run wants it, or its server was started again: from where it was.
        if (!isPassing(error)) throw error;
      }
    }
  }

  async #iteratorAfter(ShardId: string, position: string | undefined): Promise<string> {
    const start =
      position === undefined
        ? ({ ShardIteratorType: 'TRIM_HORIZON' } as const)
        : ({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: position } as const);
    const command = new GetShardIteratorCommand({ StreamName: this.stream, ShardId, ...start });
    return (await this.kinesis.send(command)).ShardIterator!;
  }

  #take(data: Uint8Array): void {
    for (const event of decodeEvents(data, (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength }))) {
      if (event.event !== 'ORDER_STATUS' || event.request_id === undefined) continue;
      if (this.answered.has(event.request_id)) continue;
      this.answered.add(event.request_id);
      this.onAnswer(event.request_id);
    }
  }
}

/** Only an error of a call may pass: the client notes on each of them how often it tried. */
function isPassing(error: unknown): boolean {
  const { name, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  if ($metadata === undefined) return false;
  const { httpStatusCode } = $metadata;
  return httpStatusCode === undefined || httpStatusCode >= 500 || name.endsWith('ExceededException');
}
