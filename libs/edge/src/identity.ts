import { USER_ID_PATTERN } from '@supernoba/protocol';
import { errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { EdgeError } from './error.js';
import { fetchedKeys, inlineKeys } from './jwks.js';
import type { KeyResolver } from './jwks.js';
import { optionalText, stage, text, url } from './settings.js';
import type { Stage } from './settings.js';

/** Who a verified token speaks for. */
export interface Identity {
  /** The token's `sub`. */
  userId: string;
  /** The token's `exp`, epoch seconds. */
  exp: number;
  /** `app_metadata.role` is `admin`. */
  isAdmin: boolean;
}

/** @throws EdgeError UNAUTHORIZED, TOKEN_EXPIRED, or UNAVAILABLE while the issuer's keys cannot be had */
export type VerifyToken = (token: string) => Promise<Identity>;

export const identitySettings = {
  STAGE: stage,
  SUPABASE_URL: url(),
  SUPABASE_JWKS: (value: string | undefined) => {
    if (value !== undefined) inlineKeys(value);
    return optionalText()(value);
  },
  JWT_AUDIENCE: text('authenticated'),
};

export interface IdentitySettings {
  readonly STAGE: Stage;
  readonly SUPABASE_URL: string;
  readonly SUPABASE_JWKS: string | undefined;
  readonly JWT_AUDIENCE: string;
}

/** Verifies tokens of the Supabase project named by the settings. In production its keys travel over https alone. */
export function openIdentity(settings: IdentitySettings): VerifyToken {
  const issuer = `${settings.SUPABASE_URL}/auth/v1`;
  if (settings.STAGE === 'prod' && settings.SUPABASE_JWKS === undefined && !issuer.startsWith('https:')) {
    throw new Error('SUPABASE_URL must be https where STAGE is prod and SUPABASE_JWKS is not set');
  }
  const keys =
    settings.SUPABASE_JWKS === undefined
      ? fetchedKeys({ url: `${issuer}/.well-known/jwks.json` })
      : inlineKeys(settings.SUPABASE_JWKS);
  return createVerifier({ issuer, audience: settings.JWT_AUDIENCE, keys });
}

export interface VerifierOptions {
  issuer: string;
  audience: string;
  keys: KeyResolver;
}

const MAX_TOKEN_LENGTH = 8192;
/** Users of the test mode; no real `sub` may look like one. */
export const TEST_USER_PREFIX = 'test:';

/**
 * Signature (ES256 or RS256, nothing else), issuer, audience, expiry, and the role `authenticated`. The algorithm is checked
 * before a key is looked for.
 */
export function createVerifier({ issuer, audience, keys }: VerifierOptions): VerifyToken {
  return async (token) => {
    if (token.length > MAX_TOKEN_LENGTH) throw new EdgeError('UNAUTHORIZED', 'the token is too long');
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: ['ES256', 'RS256'],
        requiredClaims: ['sub', 'exp'],
      }));
    } catch (error) {
      if (error instanceof EdgeError) throw error;
      if (error instanceof errors.JWTExpired) throw new EdgeError('TOKEN_EXPIRED', 'the token has expired');
      throw new EdgeError('UNAUTHORIZED', 'the token is not valid here', { cause: error });
    }
    return toIdentity(payload);
  };
}

function toIdentity({ sub, exp, role, app_metadata: metadata }: JWTPayload): Identity {
  if (role !== 'authenticated') throw new EdgeError('UNAUTHORIZED', 'the token is not one of a logged-in user');
  if (sub === undefined || exp === undefined || !USER_ID_PATTERN.test(sub) || sub.startsWith(TEST_USER_PREFIX)) {
    throw new EdgeError('UNAUTHORIZED', 'the token names no user that can trade here');
  }
  const isAdmin = typeof metadata === 'object' && metadata !== null && 'role' in metadata && metadata.role === 'admin';
  return { userId: sub, exp: Math.floor(exp), isAdmin };
}

/** The token of an `Authorization: Bearer` header. @throws EdgeError UNAUTHORIZED when there is none */
export function bearerToken(authorization: string | undefined): string {
  const token = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw new EdgeError('UNAUTHORIZED', 'an Authorization: Bearer token is required');
  return token;
}
