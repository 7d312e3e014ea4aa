/**
 * SplitMix64 on pairs of 32-bit halves: the same numbers as 64-bit arithmetic gives, without BigInt.
 * `next()` leaves the two halves in `high` and `low`.
 */
export class SplitMix64 {
  high = 0;
  low = 0;
  private stateHigh = 0;
  private stateLow: number;

  /** @param seed 0 to 2^32 − 1 */
  constructor(seed: number) {
    this.stateLow = seed >>> 0;
  }

  next(): void {
    const low = this.stateLow + 0x7f4a7c15;
    this.stateHigh = (this.stateHigh + 0x9e3779b9 + (low > 0xffffffff ? 1 : 0)) >>> 0;
    this.stateLow = low >>> 0;
    this.high = this.stateHigh;
    this.low = this.stateLow;
    this.shiftXor(30);
    this.multiply(0xbf58476d, 0x1ce4e5b9);
    this.shiftXor(27);
    this.multiply(0x94d049bb, 0x133111eb);
    this.shiftXor(31);
  }

  /** A uniform number in [0, 1), 53 bits. */
  uniform(): number {
    this.next();
    return (this.high * 2 ** 21 + (this.low >>> 11)) * 2 ** -53;
  }

  /** A whole number in [0, limit), limit at most 2^21. */
  below(limit: number): number {
    this.next();
    return Math.floor((this.high * limit) / 2 ** 32);
  }

  bit(): 0 | 1 {
    this.next();
    return (this.low & 1) as 0 | 1;
  }

  /** z ^= z >> by, 0 < by < 32 */
  private shiftXor(by: number): void {
    const low = (this.low ^ ((this.low >>> by) | (this.high << (32 - by)))) >>> 0;
    this.high = (this.high ^ (this.high >>> by)) >>> 0;
    this.low = low;
  }

  /** z *= (high, low), modulo 2^64 */
  private multiply(high: number, low: number): void {
    const a0 = this.low & 0xffff;
    const a1 = this.low >>> 16;
    const b0 = low & 0xffff;
    const b1 = low >>> 16;
    const low0 = a0 * b0;
    const middle = a1 * b0 + (low0 >>> 16);
    const middle2 = a0 * b1 + (middle % 0x10000);
    const carry = a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(middle2 / 0x10000);
    const newHigh = (carry + Math.imul(this.low, high) + Math.imul(this.high, low)) | 0;
    this.low = (((middle2 & 0xffff) << 16) | (low0 & 0xffff)) >>> 0;
    this.high = newHigh >>> 0;
  }
}
