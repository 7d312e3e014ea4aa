import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { AuthError } from './errors.js';

const COST = 16_384;
const BLOCK_SIZE = 8;
const KEY_BYTES = 32;
/** Hashes under way or waiting; each takes about 40 ms of one core. */
const MAX_PENDING = 256;

let pending = 0;

/** `scrypt$cost$blockSize$salt$key`, salt and key in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, COST, BLOCK_SIZE);
  return ['scrypt', COST, BLOCK_SIZE, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Takes as long when there is no hash, so that the time of an answer does not tell which users exist. */
export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  const [, cost, blockSize, salt, key] = (hash ?? `scrypt$${COST}$${BLOCK_SIZE}$AAAA$AAAA`).split('$');
  const derived = await derive(password, Buffer.from(salt ?? '', 'base64url'), Number(cost), Number(blockSize));
  const expected = Buffer.from(key ?? '', 'base64url');
  return hash !== undefined && expected.length === derived.length && timingSafeEqual(expected, derived);
}

async function derive(password: string, salt: Buffer, cost: number, blockSize: number): Promise<Buffer> {
  if (pending >= MAX_PENDING) throw new AuthError(429, 'over_request_rate_limit', 'Request rate limit reached');
  pending += 1;
  try {
    return await new Promise((resolve, reject) => {
      scrypt(password, salt, KEY_BYTES, { cost, blockSize }, (error, key) => (error ? reject(error) : resolve(key)));
    });
  } finally {
    pending -= 1;
  }
}
