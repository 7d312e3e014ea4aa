import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createServer } from 'node:http';
import { createVerifier, inlineKeys } from '../../src/index.js';
import type { VerifyToken } from '../../src/index.js';
import { close, listen } from './aws.js';

export interface TestIssuer {
  issuer: string;
  /** Its public key, as the setting takes it. */
  jwks: string;
  verify: VerifyToken;
  /** A token that is valid for an hour unless the claims say otherwise; `undefined` leaves a claim out. */
  token(sub: string, claims?: Record<string, unknown>, header?: { kid?: string }): Promise<string>;
  adminToken(sub: string): Promise<string>;
}

/** Makes tokens as Supabase makes them: ES256, audience and role `authenticated`. */
export async function createIssuer(issuer = 'https://auth.test/auth/v1'): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'ES256', use: 'sig' }] });
  const token: TestIssuer['token'] = (sub, claims = {}, { kid = 'key-1' } = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const standard = { iss: issuer, aud: 'authenticated', role: 'authenticated', iat: now, exp: now + 3600 };
    const all = Object.entries({ sub, ...standard, ...claims }).filter(([, value]) => value !== undefined);
    return new SignJWT(Object.fromEntries(all)).setProtectedHeader({ alg: 'ES256', kid, typ: 'JWT' }).sign(privateKey);
  };
  return {
    issuer,
    jwks,
    verify: createVerifier({ issuer, audience: 'authenticated', keys: inlineKeys(jwks) }),
    token,
    adminToken: (sub) => token(sub, { app_metadata: { role: 'admin' } }),
  };
}

export interface JwksServer {
  url: string;
  /** How often it was asked. */
  calls: number;
  /** What it answers next. */
  answer: { status: number; body: string };
  stop(): Promise<void>;
}

export async function startJwksServer(jwks: string): Promise<JwksServer> {
  const state: JwksServer = { url: '', calls: 0, answer: { status: 200, body: jwks }, stop: () => close(server) };
  const server = createServer((_request, response) => {
    state.calls++;
    response.writeHead(state.answer.status, { 'content-type': 'application/json' }).end(state.answer.body);
  });
  state.url = `${await listen(server)}/jwks.json`;
  return state;
}
