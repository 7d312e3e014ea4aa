import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Stands in every data folder: only such a folder is ever emptied. */
const MARK = 'supernoba-data';
const LOCK_PREFIX = 'lock';

/** A folder that holds something else than an exchange's data. */
export class ForeignFolderError extends Error {
  constructor(folder: string) {
    super(`${folder} holds other things than an exchange's data. Name an empty or a new folder with --data.`);
    this.name = 'ForeignFolderError';
  }
}

/**
 * Makes the folder if it does not exist.
 *
 * @param isOurs whether it is ours by its name alone, as the workspace's `.local`
 * @throws ForeignFolderError when it is neither empty nor one of ours
 */
export function openDataFolder(folder: string, isOurs: boolean): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const entries = readdirSync(folder);
  if (!isOurs && entries.length > 0 && !entries.includes(MARK)) throw new ForeignFolderError(folder);
  writeFileSync(join(folder, MARK), 'The data of a local exchange. "npm start -- --fresh" empties this folder.\n');
}

/** Deletes everything in the folder but the lock, which the caller holds. */
export function emptyDataFolder(folder: string): void {
  for (const entry of readdirSync(folder)) {
    if (entry !== MARK && !entry.startsWith(LOCK_PREFIX)) rmSync(join(folder, entry), { recursive: true, force: true });
  }
}
