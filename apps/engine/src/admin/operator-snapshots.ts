import { operatorSnapshotPrefix } from '@supernoba/protocol';
import { createHash } from 'node:crypto';
import { EngineError } from '../errors.js';
import type { SymbolMachine } from '../matching/symbol-machine.js';
import type { ObjectStore } from '../ports.js';
import { decodeSnapshot, encodeSnapshot } from '../snapshot/symbol-snapshot.js';
import { BookAdminError } from './book-admin-error.js';
import type { SnapshotInfo } from './generated/supernoba/engine/v1/snapshot_service.js';

/** Digits of the hash that stand in an object's name. */
const NAME_DIGITS = 16;
/** Pages of 1,000 names: more snapshots of one symbol are not looked through. */
const MAX_PAGES = 100;

/**
 * Snapshots that an operator takes: immutable objects of their own, which no sweep deletes. The name holds `seq` and the
 * beginning of the hash, so that names are in order and a repeat writes the same object.
 */
export class OperatorSnapshots {
  constructor(private readonly objects: ObjectStore) {}

  /** Stores a book as it stands. Rejects with PortError. */
  async take(machine: SymbolMachine): Promise<SnapshotInfo> {
    const { symbol, seq } = machine;
    const bytes = encodeSnapshot(machine);
    const name = `${String(seq).padStart(16, '0')}-${sha256Of(bytes).slice(0, NAME_DIGITS)}.snap`;
    const key = operatorSnapshotPrefix(symbol) + name;
    await this.objects.put(key, bytes, 'application/octet-stream');
    return infoOf(symbol, key, bytes);
  }

  /**
   * A stored snapshot, the newest where `key` is ''. Rejects with PortError too.
   *
   * @throws BookAdminError `SNAPSHOT_NOT_FOUND`, `BAD_SNAPSHOT`, `BAD_REQUEST` for a key of anything else
   */
  async read(symbol: string, key: string): Promise<{ info: SnapshotInfo; bytes: Uint8Array }> {
    const prefix = operatorSnapshotPrefix(symbol);
    if (key !== '' && !key.startsWith(prefix)) {
      throw new BookAdminError('BAD_REQUEST', `key: snapshots of ${symbol} lie under ${prefix}`);
    }
    const name = key === '' ? await this.#newest(prefix) : key;
    const bytes = name === undefined ? undefined : await this.objects.get(name);
    if (name === undefined || bytes === undefined) {
      throw new BookAdminError(
        'SNAPSHOT_NOT_FOUND',
        name === undefined ? `none of ${symbol} yet` : `no object ${name}`,
      );
    }
    return { info: infoOf(symbol, name, bytes), bytes };
  }

  async #newest(prefix: string): Promise<string | undefined> {
    let newest: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const keys = await this.objects.list(prefix, newest);
      if (keys.length === 0) return newest;
      newest = keys[keys.length - 1];
    }
    throw new BookAdminError('BAD_REQUEST', `key: there are too many snapshots under ${prefix} to find the newest`);
  }
}

/** @throws BookAdminError `BAD_SNAPSHOT` where the object is not what its name says */
function infoOf(symbol: string, key: string, bytes: Uint8Array): SnapshotInfo {
  const sha256 = sha256Of(bytes);
  const [, seq, digits] = /\/(\d{16})-([0-9a-f]{16})\.snap$/.exec(key) ?? [];
  if (seq === undefined || digits !== sha256.slice(0, NAME_DIGITS)) {
    throw new BookAdminError('BAD_SNAPSHOT', `${key} is not what its name says`);
  }
  const { state } = decoded(key, bytes);
  return {
    symbol,
    key,
    sha256,
    sizeBytes: bytes.byteLength,
    seq: Number(seq),
    tradeNumber: state.fold.q,
    eventTimeMs: state.time,
    position: state.position,
  };
}

function decoded(key: string, bytes: Uint8Array) {
  try {
    return decodeSnapshot(bytes);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new BookAdminError('BAD_SNAPSHOT', `${key}: ${error.message}`, { cause: error });
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
