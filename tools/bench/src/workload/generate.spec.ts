import { createHash } from 'node:crypto';
import { decodeWorkload, encodeWorkload, HASH_START, hashStep } from './format.js';
import { generateWorkload } from './generate.js';
import { SplitMix64 } from './random.js';

test('the random numbers are those of 64-bit SplitMix', () => {
  const random = new SplitMix64(42);
  let state = 42n;
  const mask = 2n ** 64n - 1n;
  for (let round = 0; round < 1_000; round += 1) {
    state = (state + 0x9e3779b97f4a7c15n) & mask;
    let z = ((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
    z ^= z >> 31n;
    random.next();
    expect((BigInt(random.high) << 32n) | BigInt(random.low)).toBe(z);
  }
});

test('a flow of seed 42 is the one that other engines are measured with', () => {
  const { header } = generateWorkload(0, 20_000, 42);
  expect(header).toMatchObject({
    trades: 4_804,
    quantity: 27_895n,
    notional: 557_922_125n,
    tradeHash: 2_245_164_138,
    finalLive: 1_165,
    depthHash: 2_078_892_070,
  });
});

test('a file gives back what was written, and a damaged one is refused', () => {
  const workload = generateWorkload(500, 500, 7);
  const bytes = encodeWorkload(workload);
  expect(decodeWorkload(bytes)).toEqual(workload);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(
    createHash('sha256')
      .update(encodeWorkload(generateWorkload(500, 500, 7)))
      .digest('hex'),
  );
  expect(() => decodeWorkload(bytes.subarray(0, bytes.length - 1))).toThrow('its header wants');
  expect(() => decodeWorkload(new Uint8Array(100))).toThrow('not an order-flow file');
});

test('the hash is FNV over 32-bit values', () => {
  expect(hashStep(HASH_START, 0)).toBe(Number((2_166_136_261n * 16_777_619n) % 2n ** 32n));
});
