/** One exact replacement in a file of the order book. */
export interface Edit {
  /** Below `libs/orderbook/src`. */
  file: string;
  /** Stands in the file exactly once. */
  find: string;
  replace: string;
}

/** A bug that somebody could write. */
export interface Mutant {
  /** Words joined by hyphens, said what goes wrong. */
  name: string;
  /** The spec of `libs/orderbook/tests` that should see it; it runs first. */
  spec: string;
  edits: readonly Edit[];
}

/** A mutant that cannot be planted: its text is not what stands in the file. */
export class StaleMutant extends Error {
  readonly code = 'STALE_MUTANT';
}

/**
 * The texts of the files that the mutant changes, by file.
 *
 * @param read gives the text of a file below `libs/orderbook/src`
 * @throws StaleMutant when a text is not found exactly once, or the replacement is the same
 */
export function mutatedTexts({ name, edits }: Mutant, read: (file: string) => string): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { file, find, replace } of edits) {
    const parts = (texts.get(file) ?? read(file)).split(find);
    if (find === '' || parts.length !== 2) {
      throw new StaleMutant(`${name}: ${file} has ${parts.length - 1} times, not once: ${find}`);
    }
    if (find === replace) throw new StaleMutant(`${name}: the replacement changes nothing in ${file}`);
    texts.set(file, parts.join(replace));
  }
  if (texts.size === 0) throw new StaleMutant(`${name}: changes nothing`);
  return texts;
}

/** A mutant of one replacement. */
export function mutant(name: string, spec: string, file: string, find: string, replace: string): Mutant {
  return { name, spec, edits: [{ file, find, replace }] };
}
