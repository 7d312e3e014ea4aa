import { bundled, bundleFolder, resultsOf } from './support.js';

/** A machine with much else to do takes ten times as long. */
const LIMIT_MS = 300_000;
const folder = bundleFolder();
let worker: string;

beforeAll(async () => {
  worker = await bundled(folder, 'worker');
}, LIMIT_MS);

const FIRST = 1_001;
const SEEDS = Array.from({ length: 6 }, (_, index) => FIRST + index);

test(
  `every store holds what the journal gives, whatever happens (seeds ${SEEDS.join(', ')})`,
  async () => {
    const results = await resultsOf(worker, SEEDS);
    expect(results.map(({ seed, problems }) => ({ seed, problems }))).toEqual(
      SEEDS.map((seed) => ({ seed, problems: [] })),
    );
    for (const { counts, faults } of results) {
      expect(counts['orders']).toBeGreaterThanOrEqual(1_000);
      expect(counts['faults']).toBeGreaterThanOrEqual(5);
      expect(Object.keys(faults).length).toBeGreaterThanOrEqual(3);
      expect(counts['fills']).toBeGreaterThanOrEqual(50);
    }
  },
  LIMIT_MS,
);

test(
  'a seed is a run: the same one again in every detail, another one another',
  async () => {
    const [once, again, other] = await resultsOf(worker, [1_001, 1_001, 1_002]);
    expect(again).toEqual(once);
    expect(other?.digest).not.toBe(once?.digest);
  },
  LIMIT_MS,
);
