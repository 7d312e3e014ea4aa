import { z } from 'zod';
import { JsonFile } from '../../json-file.js';

/** The position of a shard that was read to its end. */
export const SHARD_END = 'SHARD_END';

const savedProgress = z.strictObject({
  /** When the stream was created, epoch ms: a stream made anew under the same name is read from its beginning. */
  streamCreatedAt: z.number(),
  /** When reading began, epoch ms: what LATEST means, also after a restart. */
  startedAt: z.number(),
  /** Last sequence number dealt with by shard, or `SHARD_END`. */
  shards: z.record(z.string(), z.string()),
});
type SavedProgress = z.output<typeof savedProgress>;

/** How far an event source has come, kept in a file. */
export class Progress {
  readonly #file: JsonFile<unknown>;
  readonly #state: SavedProgress;

  private constructor(file: JsonFile<unknown>, state: SavedProgress) {
    this.#file = file;
    this.#state = state;
  }

  /**
   * Reads the file; begins anew where there is none, or where it is of an earlier stream of the same name.
   *
   * @throws when the file holds something else
   */
  static async load(path: string, streamCreatedAt: number): Promise<Progress> {
    const file = new JsonFile<unknown>(path);
    const saved = await file.read();
    if (saved !== undefined) {
      const parsed = savedProgress.safeParse(saved);
      if (!parsed.success) throw new Error(`${path} holds no progress: ${z.prettifyError(parsed.error)}`);
      if (parsed.data.streamCreatedAt === streamCreatedAt) return new Progress(file, parsed.data);
    }
    const fresh = { streamCreatedAt, startedAt: Date.now(), shards: {} };
    await file.save(fresh);
    return new Progress(file, fresh);
  }

  get startedAt(): number {
    return this.#state.startedAt;
  }

  position(shardId: string): string | undefined {
    return this.#state.shards[shardId];
  }

  /** Notes how far a shard was dealt with; resolves when that is on disk. */
  async advance(shardId: string, position: string): Promise<void> {
    this.#state.shards[shardId] = position;
    await this.#file.save(this.#state);
  }

  /** Forgets a position that the stream no longer knows. */
  async reset(shardId: string): Promise<void> {
    delete this.#state.shards[shardId];
    await this.#file.save(this.#state);
  }
}
