import { AbstractKeyIterator, AbstractValueIterator } from 'abstract-level';

interface Returnable {
  return?(): Promise<void>;
  close(): Promise<void>;
}

/**
 * dynalite 4.0.0 ends the stream of a Query or Scan by its iterator's `return`, which the iterators of abstract-level do not
 * have: every read would leave one open, and LevelDB keeps each file that an open iterator may still read. With this,
 * `return` is `close`.
 */
export function closeReadIterators(): void {
  for (const { prototype } of [AbstractKeyIterator, AbstractValueIterator] as { prototype: Returnable }[]) {
    if ('return' in prototype) continue;
    prototype.return = function (this: Returnable) {
      return this.close();
    };
  }
}
