import { readArchive, type Segment } from '@supernoba/journal-archive';
import { retry, type BackoffPorts, type Lifetime, type RetryOptions } from '../backoff.js';
import { EngineError } from '../errors.js';
import { comparePositions, type Position } from '../matching/positions.js';
import type { ShardMatcher } from '../matching/shard-matcher.js';
import type { JournalPage, JournalRecord, ObjectStore } from '../ports.js';
import type { RestoreSource } from '../snapshot/restore-source.js';
import type { ShardReader } from './shard-reader.js';

/** Records between two breaths: leases are renewed while a shard is replayed, its own and those of others. */
const RECORDS_IN_ONE_GO = 200;

export interface JournalReplayOptions {
  shardId: string;
  matcher: ShardMatcher;
  restores: RestoreSource;
  /** Reader of the stream that goes on after a position; `caughtUpAt` as its option of that name. */
  readerAfter: (position: Position, caughtUpAt: number | undefined) => ShardReader;
  /** Published checkpoint: up to here in silence; '' where there is nothing to replay. */
  to: Position;
  /** When nothing had come after the checkpoint, as far as the lease row tells, epoch ms. */
  caughtUpAt: number | undefined;
  /** Where the archive of the journal lies. */
  objects: ObjectStore;
  /** Longest wait for a part that is away, ms. */
  forMs: number;
}

/**
 * Brings a matcher from its manifest to the published checkpoint without a word, out of the stream; where that has
 * forgotten the manifest's record, out of the archive. Either way the record to go on from must be there.
 */
export class JournalReplay {
  /** Reader that goes on where the replay ended. */
  reader: ShardReader;
  readonly #limits: Partial<RetryOptions>;

  constructor(
    private readonly options: JournalReplayOptions,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
  ) {
    this.reader = options.readerAfter(options.matcher.position, undefined);
    this.#limits = { forMs: options.forMs };
  }

  /**
   * Resolves to what follows the checkpoint on the last page that was read. The first page is read in any case: it shows
   * that the journal is whole.
   *
   * @throws EngineError `JOURNAL_GAP`
   */
  async run(): Promise<JournalPage> {
    const { matcher, shardId, to, caughtUpAt } = this.options;
    this.ports.logger.info({ shard: shardId, replayTo: to, from: matcher.position }, 'replaying');
    try {
      return await this.#fromStream();
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'JOURNAL_GAP' || to === '') throw error;
      this.ports.logger.warn({ shard: shardId, from: matcher.position, gap: error.message }, 'replaying the archive');
      if (!this.#isDone) await this.#fromArchive(error);
    }
    // The archive ends with what was published. The stream must still have that record, or all that came after it.
    this.reader = this.options.readerAfter(to, caughtUpAt);
    return this.#fromStream();
  }

  async #fromStream(): Promise<JournalPage> {
    for (;;) {
      const page = await this.reader.page(this.#limits);
      const records = await this.#apply(page.records);
      if (this.#isDone) return { ...page, records };
      if (page.behindMs === 0 || page.next === undefined) throw this.#gap();
      await this.ports.timers.breathe();
    }
  }

  async #fromArchive(gap: EngineError): Promise<void> {
    const { matcher, objects, shardId } = this.options;
    const label = `archive ${shardId}`;
    const store = {
      list: (prefix: string, after?: string) =>
        retry(() => objects.list(prefix, after), this.ports, this.life, { label, ...this.#limits }),
      get: (key: string) => retry(() => objects.get(key), this.ports, this.life, { label, ...this.#limits }),
    };
    const from = matcher.position;
    let isFirst = true;
    try {
      for await (const { records } of readArchive(store, shardId, from === '' ? undefined : from)) {
        if (isFirst && from !== '' && records[0]?.sequenceNumber !== from) throw gap;
        await this.#apply(isFirst && from !== '' ? records.slice(1) : records);
        isFirst = false;
        if (this.#isDone) return;
        await this.ports.timers.breathe();
      }
    } catch (error) {
      if (error instanceof EngineError || this.life.ended) throw error;
      throw new EngineError('JOURNAL_GAP', `${gap.message}; nor has the archive`, { cause: error });
    }
    throw gap;
  }

  get #isDone(): boolean {
    const { matcher, to } = this.options;
    return to === '' || matcher.position === to;
  }

  /** Applies what was published before; gives back the records after it. */
  async #apply(records: Segment['records'] | readonly JournalRecord[]): Promise<readonly JournalRecord[]> {
    const { matcher, restores, to } = this.options;
    let index = 0;
    for (const record of records) {
      if (this.#isDone) break;
      if (comparePositions(record.sequenceNumber, to) > 0) throw this.#gap();
      try {
        matcher.apply(record, undefined);
      } catch (error) {
        await restores.apply(matcher, record, undefined, error);
      }
      index++;
      if (index % RECORDS_IN_ONE_GO === 0) await this.ports.timers.breathe();
    }
    return records.slice(index);
  }

  #gap(): EngineError {
    const { shardId, to } = this.options;
    const message = `${shardId}: the journal has no record ${to}, up to which everything was published`;
    return new EngineError('JOURNAL_GAP', message);
  }
}
