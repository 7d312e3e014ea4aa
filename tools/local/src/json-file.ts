import { open, readFile, rename, rm } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A JSON document in a file, readable by its owner alone. A write is flushed to the disk aside and then renamed, so a
 * reader, or the next process after a crash, sees the old document or the new one. Saves that come while one is being
 * written are written together.
 */
export class JsonFile<T> {
  /** Settles, never rejects, when the last write has ended. */
  private writing: Promise<unknown> = Promise.resolve();
  private waiting: { document: T; done: Promise<void> } | undefined;

  constructor(readonly path: string) {}

  /** @returns undefined when the file does not exist */
  async read(): Promise<T | undefined> {
    try {
      return JSON.parse(await readFile(this.path, 'utf8')) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new Error(`${this.path} cannot be read`, { cause: error });
    }
  }

  /** Resolves when this document, or a later one, is on the disk. The document is serialised when its turn comes. */
  save(document: T): Promise<void> {
    if (this.waiting) {
      this.waiting.document = document;
      return this.waiting.done;
    }
    const turn = { document, done: Promise.resolve() };
    const write = () => {
      this.waiting = undefined;
      return writeAtomically(this.path, JSON.stringify(turn.document, null, 2) + '\n');
    };
    turn.done = this.writing.then(write);
    this.waiting = turn;
    this.writing = Promise.allSettled([turn.done]);
    return turn.done;
  }

  /** Removes the file, once what is being saved is written. */
  async remove(): Promise<void> {
    await this.writing;
    await rm(this.path, { force: true });
  }
}

async function writeAtomically(path: string, text: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(draft, path);
}
