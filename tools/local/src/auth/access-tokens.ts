import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  calculateJwkThumbprint,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JWK,
} from 'jose';
import { JsonFile } from '../json-file.js';
import { AuthError } from './errors.js';
import type { Session } from './sessions.js';
import type { User } from './users.js';

const ALGORITHM = 'ES256';

interface StoredKeys {
  signing: JWK;
  refreshSecret: string;
}

export interface AccessTokenOptions {
  /** `iss` of the tokens: the public address and `/auth/v1`. */
  issuer: string;
  /** Life of a token in seconds. */
  ttlS: number;
}

/** Signs and checks the tokens that say who a caller is. The key is made once and kept. */
export class AccessTokens {
  private constructor(
    private readonly options: AccessTokenOptions,
    private readonly privateKey: CryptoKey,
    private readonly publicKey: CryptoKey,
    /** The public key, as `.well-known/jwks.json` shows it. */
    readonly publicJwk: JWK,
    /** Signs refresh tokens. */
    readonly refreshSecret: Buffer,
  ) {}

  static async open(dir: string, options: AccessTokenOptions): Promise<AccessTokens> {
    const file = new JsonFile<StoredKeys>(join(dir, 'keys.json'));
    let stored = await file.read();
    if (stored === undefined) {
      stored = { signing: await generateSigningKey(), refreshSecret: randomBytes(32).toString('base64url') };
      await file.save(stored);
    }
    const { kty, crv, x, y, kid } = stored.signing as Required<JWK>;
    const publicJwk: JWK = { kty, crv, x, y, kid, alg: ALGORITHM, use: 'sig', key_ops: ['verify'], ext: true };
    const keys = await Promise.all([importJWK(stored.signing, ALGORITHM), importJWK(publicJwk, ALGORITHM)]);
    const secret = Buffer.from(stored.refreshSecret, 'base64url');
    return new AccessTokens(options, keys[0] as CryptoKey, keys[1] as CryptoKey, publicJwk, secret);
  }

  async sign(user: User, session: Session): Promise<{ token: string; expiresIn: number; expiresAt: number }> {
    const { issuer, ttlS } = this.options;
    const issuedAt = Math.floor(Date.now() / 1000);
    const expiresAt = issuedAt + ttlS;
    const token = await new SignJWT({
      email: user.email,
      phone: '',
      app_metadata: user.appMetadata,
      user_metadata: user.userMetadata,
      role: 'authenticated',
      aal: 'aal1',
      amr: [{ method: 'password', timestamp: Math.floor(session.createdAt / 1000) }],
      session_id: session.id,
      is_anonymous: false,
    })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT', ...(this.publicJwk.kid ? { kid: this.publicJwk.kid } : {}) })
      .setIssuer(issuer)
      .setSubject(user.id)
      .setAudience('authenticated')
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(this.privateKey);
    return { token, expiresIn: ttlS, expiresAt };
  }

  /** @throws AuthError bad_jwt */
  async verify(token: string): Promise<{ userId: string; sessionId: string }> {
    try {
      const { payload } = await jwtVerify(token, this.publicKey, {
        algorithms: [ALGORITHM],
        issuer: this.options.issuer,
        audience: 'authenticated',
      });
      return { userId: payload.sub ?? '', sessionId: String(payload['session_id']) };
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      throw new AuthError(403, 'bad_jwt', `invalid JWT: unable to parse or verify signature, ${error.message}`);
    }
  }
}

async function generateSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk) };
}
