import { runScript, type Valkey } from '@supernoba/runtime';
import { snapshotCopy, type ValkeyScript } from '@supernoba/valkey-keys';
import { PortError, type BlobCache, type BlobFence, type EngineLogger, type ScriptCache } from '../ports.js';

/** A Valkey server. Commands fail at once while it is away; the connection heals by itself. */
export class ValkeyAdapter implements ScriptCache, BlobCache {
  constructor(
    private readonly client: Valkey,
    name: string,
    logger: EngineLogger,
  ) {
    client.on('error', (error: Error) => logger.warn({ cache: name, error: error.message }, 'the cache is away'));
    client.on('ready', () => logger.info({ cache: name }, 'connected'));
  }

  /** Starts connecting; a server that is away is tried again for ever. */
  connect(): void {
    // The same failure reaches the listener of 'error'.
    this.client.connect().catch(() => undefined);
  }

  disconnect(): void {
    this.client.disconnect();
  }

  onReady(listener: () => void): () => void {
    this.client.on('ready', listener);
    return () => void this.client.off('ready', listener);
  }

  run(script: ValkeyScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return call(() => runScript(this.client, script, keys, args));
  }

  async set(key: string, bytes: Uint8Array, fence: BlobFence): Promise<boolean> {
    const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const args = [value, fence.epoch, fence.seq];
    return (await call(() => runScript(this.client, snapshotCopy, [key, fence.key], args))) === 'OK';
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return (await call(() => this.client.getBuffer(key))) ?? undefined;
  }
}

async function call<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new PortError('UNAVAILABLE', error instanceof Error ? error.message : String(error), { cause: error });
  }
}
