import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KinesisDataError } from './errors.js';
import { uniformRanges } from './hash-range.js';
import { Stream, type ShardSettings, type StreamMode, type StreamRow } from './stream.js';

const FORMAT = 1;
const HOUR_MS = 3_600_000;

interface CatalogSettings extends Omit<ShardSettings, 'streamsDir'> {
  readonly dataDir: string;
  /** How long CREATING, UPDATING and DELETING last. */
  readonly transitionMs: number;
}

/** All streams, written down in one file that is replaced as a whole at every change. */
export class StreamCatalog {
  readonly #file: string;
  readonly #streamsDir: string;
  readonly #shardSettings: ShardSettings;
  readonly #streams = new Map<string, Stream>();
  #unwritten = false;

  /** @throws KinesisDataError when the catalogue cannot be read, or is missing while logs are there */
  constructor(private readonly settings: CatalogSettings) {
    this.#file = join(settings.dataDir, 'streams.json');
    this.#streamsDir = join(settings.dataDir, 'streams');
    this.#shardSettings = { streamsDir: this.#streamsDir, log: settings.log, onTorn: (tail) => settings.onTorn(tail) };
    mkdirSync(this.#streamsDir, { recursive: true });
    for (const row of this.#readRows()) this.#streams.set(row.name, new Stream(row, this.#shardSettings));
    this.#removeOrphans();
    // Opened at the start, so that a damaged log ends it with a message instead of failing a later request.
    for (const stream of this.#streams.values()) {
      if (stream.row.passing?.status !== 'DELETING') for (const shard of stream.shards) void shard.log;
    }
  }

  /** By name, ascending; without those whose deletion is over. */
  list(nowMs: number): Stream[] {
    return [...this.#streams.values()]
      .filter((stream) => !stream.gone(nowMs))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  get(name: string, nowMs: number): Stream | undefined {
    const stream = this.#streams.get(name);
    return stream?.gone(nowMs) ? undefined : stream;
  }

  create(name: string, mode: StreamMode, shardCount: number, nowMs: number): Stream {
    const row: StreamRow = {
      name,
      id: `${name}.${randomUUID()}`,
      mode,
      createdMs: nowMs,
      retentionHours: 24,
      nextShardIndex: shardCount,
      shards: uniformRanges(shardCount).map((range, index) => ({
        index,
        hashStart: range.start.toString(),
        hashEnd: range.end.toString(),
        createdMs: nowMs,
        sequenceSecond: Math.floor(nowMs / 1000),
      })),
      consumers: [],
    };
    const stream = new Stream(row, this.#shardSettings);
    this.#streams.set(name, stream);
    this.changed(stream, 'CREATING', nowMs);
    return stream;
  }

  /** The records go at once; the name is free when the state DELETING has passed. */
  async delete(stream: Stream, nowMs: number): Promise<void> {
    this.changed(stream, 'DELETING', nowMs);
    await stream.close();
    await rm(stream.dir, { recursive: true, force: true });
  }

  /** Writes a change of a stream down, after which it shows `passing` for a while. */
  changed(stream: Stream, passing: 'CREATING' | 'UPDATING' | 'DELETING' | undefined, nowMs: number): void {
    if (passing !== undefined) {
      stream.row.passing = { status: passing, fromMs: nowMs, untilMs: nowMs + this.settings.transitionMs };
    }
    this.#save(nowMs);
  }

  /**
   * Called before records are taken: after a failed write of the catalogue the shards in memory may be unknown to the
   * next start, so it is written again first.
   */
  ensureWritten(nowMs: number): void {
    if (this.#unwritten) this.#save(nowMs);
  }

  /** Lets go of what is past retention: whole files of records, and closed shards. */
  async trim(nowMs: number): Promise<void> {
    for (const stream of this.list(nowMs)) {
      if (stream.status(nowMs) === 'DELETING') continue;
      const cutoffMs = nowMs - stream.row.retentionHours * HOUR_MS;
      const shards = await stream.expireShards(cutoffMs);
      if (shards.length > 0) this.#save(nowMs);
      for (const shard of shards) await rm(stream.folderOf(shard), { recursive: true, force: true });
      for (const shard of stream.shards) shard.log.trim(cutoffMs, nowMs);
    }
    if ([...this.#streams.values()].some((stream) => stream.gone(nowMs))) this.#save(nowMs);
  }

  async close(): Promise<void> {
    for (const stream of this.#streams.values()) await stream.close();
  }

  #save(nowMs: number): void {
    for (const [name, stream] of this.#streams) if (stream.gone(nowMs)) this.#streams.delete(name);
    const rows = [...this.#streams.values()].map((stream) => stream.row);
    this.#unwritten = true;
    const temporary = `${this.#file}.new`;
    const fd = openSync(temporary, 'w');
    try {
      writeFileSync(fd, JSON.stringify({ format: FORMAT, streams: rows }, null, 1));
      if (this.settings.log.fsync) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, this.#file);
    this.#unwritten = false;
  }

  #readRows(): StreamRow[] {
    if (!existsSync(this.#file)) {
      if (readdirSync(this.#streamsDir).length === 0) return [];
      throw new KinesisDataError(`${this.#file} is missing although ${this.#streamsDir} holds logs`);
    }
    let content: { format?: unknown; streams?: unknown };
    try {
      content = JSON.parse(readFileSync(this.#file, 'utf8')) as typeof content;
    } catch (cause) {
      throw new KinesisDataError(`${this.#file} is no JSON`, { cause });
    }
    if (content.format !== FORMAT || !Array.isArray(content.streams)) {
      throw new KinesisDataError(`${this.#file} has an unknown format`);
    }
    return content.streams as StreamRow[];
  }

  /** Folders of streams whose deletion was interrupted, and of shards past retention. */
  #removeOrphans(): void {
    const known = new Map([...this.#streams.values()].map((stream) => [stream.row.id, stream]));
    for (const id of readdirSync(this.#streamsDir)) {
      const folder = join(this.#streamsDir, id);
      const stream = known.get(id);
      if (stream === undefined || stream.row.passing?.status === 'DELETING') {
        rmSync(folder, { recursive: true, force: true });
        continue;
      }
      for (const shardId of readdirSync(folder)) {
        if (stream.shard(shardId) === undefined) rmSync(join(folder, shardId), { recursive: true, force: true });
      }
    }
  }
}
