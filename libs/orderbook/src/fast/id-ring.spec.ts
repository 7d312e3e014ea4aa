import fc from 'fast-check';
import { IdRing } from './id-ring.js';
import { PackedId } from './packed-id.js';

const ENTRIES = 3_000;

/** The id with a hash out of so few that buckets overflow and crowd. */
function packed(id: PackedId, text: string, hashes: number): PackedId {
  id.pack(text);
  id.hash = hashes === 0 ? id.hash : (id.hash >>> 0) % hashes;
  return id;
}

function run(seed: number, hashes: number, steps: number): number {
  const id = new PackedId();
  const ring = new IdRing(ENTRIES, 0);
  const known = new Map<string, { key: number; text: string; time: number }>();
  let state = seed;
  const next = (below: number): number => (state = (Math.imul(state, 48_271) >>> 0) % 2_147_483_647) % below;
  let found = 0;
  for (let time = 0; time < steps; time++) {
    const key = next(3);
    const kind = next(20);
    const text =
      kind === 0
        ? `주문-${next(50)}`
        : kind < 8
          ? `a-quite-long-id-of-many-letters-${next(4_000)}`
          : `id${next(4_000)}`;
    const name = `${key} ${text}`;
    const number = ring.find(packed(id, text, hashes), key);
    expect(number >= 0).toBe(known.has(name));
    if (number >= 0) {
      found++;
      expect([ring.idText(number), ring.key(number), ring.time(number)]).toEqual([text, key, known.get(name)!.time]);
    } else if (ring.count < ENTRIES) {
      ring.append(id, key, time);
      known.set(name, { key, text, time });
    }
    for (let forget = next(time % 5_000 < 2_500 ? 2 : 4); forget > 1 && ring.count > 0; forget--) {
      const oldest = [...known.keys()][0]!;
      known.delete(oldest);
      ring.forgetOldest();
    }
  }
  expect([...ring.numbers()].map((number) => `${ring.key(number)} ${ring.idText(number)}`)).toEqual([...known.keys()]);
  return found;
}

test.each([
  ['spread', 0],
  ['that share a few hashes, so that buckets overflow and crowd', 7],
  ['that all have one hash', 1],
])('a ring knows ids %s as a Map does', (_, hashes) => {
  const seed = fc.sample(fc.integer({ min: 1, max: 2 ** 30 }), 1)[0]!;
  console.info(`id-ring seed ${seed}, ${hashes} hashes`);
  expect(run(seed, hashes, 30_000)).toBeGreaterThan(1_000);
});

test('a copy reads what there was, while the ring forgets it and uses its room again', () => {
  const id = new PackedId();
  const ring = new IdRing(4_000, 0);
  const append = (n: number) => {
    id.pack(n % 3 === 0 ? `an-id-of-more-than-16-letters-${n}` : `주문-${n}`);
    ring.append(id, 0, n);
  };
  for (let n = 0; n < 4_000; n++) append(n);
  const copy = ring.copy();
  const read = () => [...copy.numbers()].map((number) => `${copy.time(number)} ${copy.idText(number)}`);
  const before = read();
  for (let n = 4_000; n < 12_000; n++) {
    ring.forgetOldest();
    append(n);
  }
  expect(read()).toEqual(before);
  expect(new Set(before).size).toBe(4_000);
});

test('ten thousand ids that were chosen to collide cost little more than others', () => {
  const id = new PackedId();
  const ring = new IdRing(20_000, 0);
  let steps = 0;
  const words = ring.words.bind(ring);
  ring.words = (number) => {
    steps++;
    return words(number);
  };
  for (let n = 0; n < 10_000; n++) {
    if (ring.find(packed(id, `id${n}`, 1), 0) >= 0) throw new Error('an id was known before it came');
    ring.append(id, 0, n);
  }
  while (ring.count > 0) ring.forgetOldest();
  expect(steps / 10_000).toBeLessThan(30);
});
