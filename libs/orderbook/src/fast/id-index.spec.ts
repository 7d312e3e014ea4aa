import fc from 'fast-check';
import { IdIndex, type IndexOwner } from './id-index.js';
import { PackedId } from './packed-id.js';

/** Records by reference, with hashes out of `hashes` (0 = their own). */
class Records implements IndexOwner {
  readonly texts: (string | undefined)[] = [];
  constructor(readonly hashes: number) {}
  packed(id: PackedId, text: string): PackedId {
    id.pack(text);
    if (this.hashes > 0) id.hash = (id.hash >>> 0) % this.hashes;
    return id;
  }
  holds(reference: number, id: PackedId): boolean {
    return this.texts[reference] === id.text;
  }
  hash(reference: number): number {
    return this.packed(new PackedId(), this.texts[reference]!).hash;
  }
  idText(reference: number): string {
    return this.texts[reference]!;
  }
}

test.each([0, 1, 5, 300])('an index finds what it was given, through growth and removal (%i hashes)', (hashes) => {
  const seed = fc.sample(fc.integer({ min: 1, max: 2 ** 30 }), 1)[0]!;
  console.info(`id-index seed ${seed}`);
  let state = seed;
  const next = (below: number): number => (state = (Math.imul(state, 48_271) >>> 0) % 2_147_483_647) % below;
  const records = new Records(hashes);
  const index = new IdIndex(records);
  const id = new PackedId();
  const live = new Map<string, number>();
  const free: number[] = [];
  const steps = hashes === 0 ? 60_000 : 8_000;
  for (let step = 0; step < steps; step++) {
    const text = `order-${next(steps / 2)}`;
    const { hash } = records.packed(id, text);
    const reference = index.find(id, hash);
    expect(reference).toBe(live.get(text) ?? -1);
    if (reference < 0) {
      const slot = free.pop() ?? records.texts.length;
      records.texts[slot] = text;
      live.set(text, slot);
      index.add(hash, slot, live.size);
    } else if (next(3) === 0) {
      index.remove(hash, reference);
      records.texts[reference] = undefined;
      live.delete(text);
      free.push(reference);
    }
  }
  for (const [text, slot] of live) expect(index.find(records.packed(id, text), id.hash)).toBe(slot);
  expect(live.size).toBeGreaterThan(steps / 10);
});
