import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { segmentOfEntry } from './key-path.js';
import { isMissing } from './object-file.js';

/**
 * Keys below a bucket's folder in the order of their UTF-8 bytes: those after `after` that begin with `prefix`. Folders
 * that can hold none of them are not read.
 */
export async function* listKeys(folder: string, prefix: string, after: string, above = ''): AsyncGenerator<string> {
  for (const entry of await entriesOf(folder)) {
    const path = above + entry.segment + (entry.isFolder ? '/' : '');
    if (!entry.isFolder) {
      if (path.startsWith(prefix) && comesAfter(path, after)) yield path;
    } else if (
      (path.startsWith(prefix) || prefix.startsWith(path)) &&
      (comesAfter(path, after) || after.startsWith(path))
    ) {
      yield* listKeys(join(folder, entry.name), prefix, after, path);
    }
  }
}

async function entriesOf(folder: string) {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    // Its last object was removed since the folder above was read.
    if (isMissing(error)) return [];
    throw error;
  }
  const entries = names.map((name) => {
    const { segment, isFolder } = segmentOfEntry(name);
    return { name, segment, isFolder, sortKey: Buffer.from(isFolder ? `${segment}/` : segment) };
  });
  return entries.sort((a, b) => Buffer.compare(a.sortKey, b.sortKey));
}

function comesAfter(key: string, after: string): boolean {
  return after === '' || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;
}
