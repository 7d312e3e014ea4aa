import { exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { createVerifier, fetchedKeys, openIdentity } from '../src/index.js';
import { createIssuer, startJwksServer } from './support/index.js';
import type { JwksServer, TestIssuer } from './support/index.js';

let issuer: TestIssuer;
let server: JwksServer | undefined;
const now = Math.floor(Date.now() / 1000);

beforeAll(async () => {
  issuer = await createIssuer();
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

describe('a token', () => {
  test('of a logged-in user names that user, its expiry and whether it is an administrator', async () => {
    expect(await issuer.verify(await issuer.token('alice', { exp: now + 60 }))).toEqual({
      userId: 'alice',
      exp: now + 60,
      isAdmin: false,
    });
    expect(await issuer.verify(await issuer.adminToken('root'))).toMatchObject({ userId: 'root', isAdmin: true });
  });

  test('whose user metadata claims to be admin is no administrator', async () => {
    const token = await issuer.token('eve', { user_metadata: { role: 'admin' }, app_metadata: { roles: ['admin'] } });
    expect(await issuer.verify(token)).toMatchObject({ isAdmin: false });
  });

  test.each([
    ['of another issuer', { iss: 'https://evil.test/auth/v1' }],
    ['for another audience', { aud: 'other' }],
    ['without an audience', { aud: undefined }],
    ['without an expiry', { exp: undefined }],
    ['not valid yet', { nbf: now + 600 }],
    ['of the anonymous role', { role: 'anon' }],
    ['of the service role', { role: 'service_role' }],
    ['without a role', { role: undefined }],
    ['without a subject', { sub: undefined }],
    ['of a test user', { sub: 'test:alice' }],
    ['whose subject forges JSON', { sub: 'a","isAdmin":true' }],
  ])('%s is refused', async (_name, claims) => {
    await expect(issuer.verify(await issuer.token('alice', claims))).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test('that has expired is told so', async () => {
    await expect(issuer.verify(await issuer.token('alice', { exp: now - 1 }))).rejects.toMatchObject({
      code: 'TOKEN_EXPIRED',
    });
  });

  test('signed by another key, with no algorithm, with HS256 of the public key, or no token at all, is refused', async () => {
    const other = await createIssuer(issuer.issuer);
    const { publicKey } = await generateKeyPair('ES256', { extractable: true });
    const claims = { sub: 'alice', role: 'authenticated' };
    const sign = () =>
      new SignJWT(claims).setIssuer(issuer.issuer).setAudience('authenticated').setExpirationTime('1h');
    const forged = [
      await other.token('alice'),
      new UnsecuredJWT(claims).setIssuer(issuer.issuer).setAudience('authenticated').setExpirationTime('1h').encode(),
      await sign()
        .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
        .sign(new TextEncoder().encode(await exportSPKI(publicKey))),
      'abc',
      '',
      'x'.repeat(10_000),
    ];
    for (const token of forged) await expect(issuer.verify(token)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });
});

describe('keys fetched from the issuer', () => {
  const verifier = (url: string, clock: { ms: number }) =>
    createVerifier({
      issuer: issuer.issuer,
      audience: 'authenticated',
      keys: fetchedKeys({ url, now: () => clock.ms, cooldownMs: 30_000, maxAgeMs: 600_000, timeoutMs: 500 }),
    });

  test('are fetched once for many tokens, also at the same time', async () => {
    server = await startJwksServer(issuer.jwks);
    const verify = verifier(server.url, { ms: 0 });
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => issuer.token(`user-${i}`)));
    await Promise.all(tokens.map(verify));
    await Promise.all(tokens.map(verify));
    expect(server.calls).toBe(1);
  });

  test('a stranger with unknown key ids or HS256 causes no call inside the cooldown', async () => {
    server = await startJwksServer(issuer.jwks);
    const clock = { ms: 0 };
    const verify = verifier(server.url, clock);
    const hs256 = await new SignJWT({}).setProtectedHeader({ alg: 'HS256', kid: 'x' }).sign(new Uint8Array(32));
    await expect(verify(hs256)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(server.calls).toBe(0);
    await verify(await issuer.token('alice'));
    for (let i = 0; i < 20; i++) {
      await expect(verify(await issuer.token('alice', {}, { kid: `unknown-${i}` }))).rejects.toMatchObject({
        code: 'UNAUTHORIZED',
      });
    }
    expect(server.calls).toBe(1);
    clock.ms = 30_000;
    await expect(verify(await issuer.token('alice', {}, { kid: 'unknown' }))).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    });
    await expect(verify(await issuer.token('alice', {}, { kid: 'unknown' }))).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    });
    expect(server.calls).toBe(2);
  });

  test('a rotated key is found after the cooldown', async () => {
    const next = await createIssuer(issuer.issuer);
    server = await startJwksServer(issuer.jwks);
    const clock = { ms: 0 };
    const verify = verifier(server.url, clock);
    await verify(await issuer.token('alice'));
    server.answer.body = next.jwks.replaceAll('key-1', 'key-2');
    clock.ms = 31_000;
    expect(await verify(await next.token('alice', {}, { kid: 'key-2' }))).toMatchObject({ userId: 'alice' });
  });

  test('an issuer that is away is UNAVAILABLE, is not asked at every token, and comes back', async () => {
    server = await startJwksServer(issuer.jwks);
    const clock = { ms: 0 };
    const verify = verifier(server.url, clock);
    const token = await issuer.token('alice');
    for (const answer of [
      { status: 500, body: '' },
      { status: 200, body: 'no json' },
      { status: 200, body: '{"keys":[]}' },
    ]) {
      server.answer = answer;
      clock.ms += 30_000;
      await expect(verify(token)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect(verify(token)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    }
    expect(server.calls).toBe(3);
    server.answer = { status: 200, body: issuer.jwks };
    clock.ms += 30_000;
    expect(await verify(token)).toMatchObject({ userId: 'alice' });
    server.answer = { status: 500, body: '' };
    clock.ms += 700_000;
    expect(await verify(token)).toMatchObject({ userId: 'alice' });
  });
});

test('settings: production fetches keys over https alone, inline keys need no network', async () => {
  const settings = {
    STAGE: 'prod' as const,
    SUPABASE_URL: 'http://auth.test',
    SUPABASE_JWKS: undefined,
    JWT_AUDIENCE: 'authenticated',
  };
  expect(() => openIdentity(settings)).toThrow('https');
  const local = await createIssuer('http://auth.test/auth/v1');
  const verify = openIdentity({ ...settings, SUPABASE_JWKS: local.jwks });
  expect(await verify(await local.token('alice'))).toMatchObject({ userId: 'alice' });
});
