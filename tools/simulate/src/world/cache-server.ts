import type { Scheduler } from '../scheduler.js';
import type { LuaRunner } from './lua.js';
import type { Network } from './network.js';
import { VirtualValkey } from './valkey.js';

/** How far a replica lags behind when it takes over. */
const REPLICA_EVERY_MS = 700;

export interface CacheServerOptions {
  network: Network;
  scheduler: Scheduler;
  lua: LuaRunner;
  /** Told when the server holds less than it acknowledged. */
  lost: () => void;
}

/** One Valkey server with its clients' connections and a replica. */
export class CacheServer {
  readonly valkey: VirtualValkey;
  readonly #listeners = new Set<() => void>();
  /** Binary values live here: the scripts see their tokens. */
  readonly #blobs = new Map<string, Uint8Array>();
  #replica: ReturnType<VirtualValkey['copy']>;
  #copiedAt = 0;

  constructor(
    readonly name: 'depth' | 'backup',
    private readonly around: CacheServerOptions,
  ) {
    this.valkey = new VirtualValkey(around.lua, () => around.scheduler.now);
    this.#replica = this.valkey.copy();
  }

  onReady(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called before each write: keeps the replica, which lags behind. */
  replicate(): void {
    if (this.around.scheduler.now - this.#copiedAt < REPLICA_EVERY_MS) return;
    this.#copiedAt = this.around.scheduler.now;
    this.#replica = this.valkey.copy();
  }

  /** The server goes away and comes back: with all it had, or as its replica, which missed the last writes. */
  restart(ms: number, failOver: boolean): void {
    this.around.network.setDown(this.name, true);
    if (failOver) {
      this.valkey.failOver(this.#replica);
      this.around.lost();
    }
    this.around.scheduler.after(ms, () => {
      this.around.network.setDown(this.name, false);
      for (const listener of [...this.#listeners]) listener();
    });
  }

  flush(): void {
    this.valkey.flush();
    this.around.lost();
  }

  /** A token that stands for the bytes in the scripts' world. */
  tokenOf(bytes: Uint8Array): string {
    const token = `blob-${this.#blobs.size}`;
    this.#blobs.set(token, Uint8Array.from(bytes));
    return token;
  }

  bytesOf(key: string): Uint8Array | undefined {
    const token = this.valkey.command('GET', [key]);
    const bytes = typeof token === 'string' ? this.#blobs.get(token) : undefined;
    return bytes && Uint8Array.from(bytes);
  }
}
