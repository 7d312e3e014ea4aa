/** 64-bit hash of `bytes[0, length)` as two unsigned 32-bit words: not cryptographic, the same on every machine. */
export function hash64(bytes: Uint8Array, length: number): { high: number; low: number } {
  let a = 0x9e3779b9 ^ length;
  let b = 0x85ebca6b ^ length;
  const whole = length - (length % 4);
  for (let i = 0; i < whole; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    a = Math.imul(a ^ word, 0xcc9e2d51);
    a = (a << 15) | (a >>> 17);
    b = Math.imul((b + word) | 0, 0x1b873593);
    b = ((b << 13) | (b >>> 19)) ^ a;
  }
  for (let i = whole; i < length; i++) {
    a = Math.imul(a ^ bytes[i]!, 0xcc9e2d51);
    a ^= a >>> 15;
    b = Math.imul((b + bytes[i]!) | 0, 0x1b873593);
    b ^= a;
  }
  return { high: finish(a ^ (b >>> 7)), low: finish(b ^ Math.imul(a, 0x27d4eb2f)) };
}

function finish(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export function hex64(hash: { high: number; low: number }): string {
  return hash.high.toString(16).padStart(8, '0') + hash.low.toString(16).padStart(8, '0');
}
