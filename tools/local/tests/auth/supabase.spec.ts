import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { tempDir } from '@supernoba/testing';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PREDEFINED_USERS, startAuthServer, type AuthServerOptions } from '../../src/auth/index.js';

// The client is the unmodified supabase-js; on Node 20 it wants a WebSocket class although nothing here opens one.
class NoWebSocket {
  constructor() {
    throw new Error('realtime is not used here');
  }
}

const ISSUER = 'http://127.0.0.1:3900/auth/v1';
const folders = tempDir('supernoba-auth-');
const opened: (() => unknown)[] = [];

async function startServer(options: Partial<AuthServerOptions> = {}) {
  const dir = mkdtempSync(join(folders, 'auth-'));
  const server = await startAuthServer({ dir, issuer: ISSUER, ttlS: 3600, ...options });
  opened.push(() => server.close());
  return { ...server, dir: options.dir ?? dir, url: `http://127.0.0.1:${server.port}` };
}

function connect(url: string): SupabaseClient {
  const client = createClient(url, 'anon-key', {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: NoWebSocket as never },
  });
  opened.push(() => client.auth.stopAutoRefresh());
  return client;
}

const alice = { email: 'alice@supernoba.local', password: 'alice-password' };

async function signedIn(url: string, credentials = alice) {
  const client = connect(url);
  const { data, error } = await client.auth.signInWithPassword(credentials);
  if (error) throw error;
  return { client, session: data.session, user: data.user };
}

const post = (url: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}/auth/v1${path}`, { method: 'POST', body: JSON.stringify(body), headers });

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

describe('an unmodified supabase-js', () => {
  test('logs in the predefined users, and only admin has the role of one', async () => {
    const { url } = await startServer();
    const seen = [];
    for (const { email, password } of PREDEFINED_USERS) {
      const { user, session } = await signedIn(url, { email, password });
      seen.push([user.email, user.id, user.app_metadata['role'], decodeJwt(session.access_token)['app_metadata']]);
    }
    const metadata = { provider: 'email', providers: ['email'] };
    expect(seen).toEqual([
      ['alice@supernoba.local', PREDEFINED_USERS[0].id, undefined, metadata],
      ['bob@supernoba.local', PREDEFINED_USERS[1].id, undefined, metadata],
      ['admin@supernoba.local', PREDEFINED_USERS[2].id, 'admin', { ...metadata, role: 'admin' }],
    ]);
  });

  test('gets a token that anyone can check against the published key', async () => {
    const { url } = await startServer();
    const { session } = await signedIn(url);
    const keys = createRemoteJWKSet(new URL(`${url}/auth/v1/.well-known/jwks.json`));
    const options = { issuer: ISSUER, audience: 'authenticated', algorithms: ['ES256'] };
    const { payload } = await jwtVerify(session.access_token, keys, options);
    expect(payload).toEqual({
      iss: ISSUER,
      sub: PREDEFINED_USERS[0].id,
      aud: 'authenticated',
      role: 'authenticated',
      iat: expect.any(Number),
      exp: (payload.iat ?? 0) + 3600,
      email: alice.email,
      phone: '',
      app_metadata: { provider: 'email', providers: ['email'] },
      user_metadata: {},
      aal: 'aal1',
      amr: [{ method: 'password', timestamp: expect.any(Number) }],
      session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      is_anonymous: false,
    });
    expect(Math.abs((payload.iat ?? 0) - Date.now() / 1000)).toBeLessThan(5);
    expect(session).toMatchObject({ token_type: 'bearer', expires_in: 3600, expires_at: payload.exp });
  });

  test('reads the user and the claims', async () => {
    const { url } = await startServer();
    const { client, session } = await signedIn(url);
    const { data: asked } = await client.auth.getUser();
    expect(asked.user).toMatchObject({ id: PREDEFINED_USERS[0].id, email: alice.email, role: 'authenticated' });
    const { data: claims, error } = await client.auth.getClaims(session.access_token);
    expect(error).toBeNull();
    expect(claims?.claims).toMatchObject({ sub: PREDEFINED_USERS[0].id, iss: ISSUER });
    expect(claims?.header).toMatchObject({ alg: 'ES256', kid: decodeProtectedHeader(session.access_token).kid });
  });

  test('rotates its refresh token', async () => {
    const { url } = await startServer();
    const { client, session } = await signedIn(url);
    const { data, error } = await client.auth.refreshSession();
    expect(error).toBeNull();
    expect(data.session?.refresh_token).not.toBe(session.refresh_token);
    expect(data.user?.id).toBe(PREDEFINED_USERS[0].id);
    const before = decodeJwt(session.access_token)['session_id'];
    expect(decodeJwt(data.session?.access_token ?? '')['session_id']).toBe(before);
  });

  test('signs out: the session and its refresh token end', async () => {
    const { url } = await startServer();
    const { client, session } = await signedIn(url);
    expect((await client.auth.signOut()).error).toBeNull();
    const late = connect(url);
    const { error: refreshed } = await late.auth.refreshSession({ refresh_token: session.refresh_token });
    expect(refreshed).toMatchObject({ status: 400, code: 'refresh_token_not_found' });
    const { error: asked } = await late.auth.getUser(session.access_token);
    expect(asked?.name).toBe('AuthSessionMissingError');
  });

  test('signs up, logs in again, and cannot give itself a role', async () => {
    const { url } = await startServer();
    const credentials = { email: 'Carol@Example.org ', password: 'six-chars' };
    const { data, error } = await connect(url).auth.signUp({
      ...credentials,
      options: { data: { role: 'admin', nick: 'c' } },
    });
    expect(error).toBeNull();
    const again = await signedIn(url, { ...credentials, email: 'carol@example.org' });
    expect(again.user.id).toBe(data.user?.id);
    expect(again.user).toMatchObject({ email: 'carol@example.org', user_metadata: { role: 'admin', nick: 'c' } });
    expect(again.user.app_metadata).toEqual({ provider: 'email', providers: ['email'] });
    expect(again.user.role).toBe('authenticated');
  });

  test('gets errors with status and code', async () => {
    const { url } = await startServer();
    const { auth } = connect(url);
    expect((await auth.signInWithPassword({ ...alice, password: 'wrong' })).error).toMatchObject({
      status: 400,
      code: 'invalid_credentials',
      message: 'Invalid login credentials',
    });
    expect((await auth.signInWithPassword({ ...alice, email: 'nobody@x.y' })).error?.code).toBe('invalid_credentials');
    expect((await auth.signUp(alice)).error).toMatchObject({ status: 422, code: 'user_already_exists' });
    expect((await auth.signUp({ email: 'd@e.f', password: 'short' })).error).toMatchObject({
      status: 422,
      code: 'weak_password',
      reasons: ['length'],
    });
    expect((await auth.refreshSession({ refresh_token: 'x.1.y' })).error?.code).toBe('refresh_token_not_found');
  });
});

describe('sessions', () => {
  test('a refresh token works again for ten seconds and gives the same successor', async () => {
    let now = Date.now();
    const { url } = await startServer({ now: () => now });
    const { session } = await signedIn(url);
    const refresh = async (token: string) => {
      const answer = await post(url, '/token?grant_type=refresh_token', { refresh_token: token });
      return (await answer.json()) as { refresh_token?: string; code?: string };
    };
    const first = await refresh(session.refresh_token);
    now += 9_000;
    expect((await refresh(session.refresh_token)).refresh_token).toBe(first.refresh_token);
    now += 2_000;
    expect((await refresh(session.refresh_token)).code).toBe('refresh_token_already_used');
    expect((await refresh(first.refresh_token ?? '')).code).toBe('refresh_token_not_found');
  });

  test('an eleventh session ends the oldest', async () => {
    const { url } = await startServer();
    const sessions = [];
    for (let i = 0; i < 11; i += 1) sessions.push((await signedIn(url)).session);
    const alive = await Promise.all(
      sessions.map(async ({ access_token }) => (await connect(url).auth.getUser(access_token)).error === null),
    );
    expect(alive).toEqual([false, ...Array<boolean>(10).fill(true)]);
  });

  test('keys, users and sessions outlive the server, and no password is readable', async () => {
    const before = await startServer();
    const { session } = await signedIn(before.url);
    await connect(before.url).auth.signUp({ email: 'carol@example.org', password: 'carol-secret' });
    const keys = await (await fetch(`${before.url}/auth/v1/.well-known/jwks.json`)).json();
    await before.close();

    const { url } = await startServer({ dir: before.dir });
    expect(await (await fetch(`${url}/auth/v1/.well-known/jwks.json`)).json()).toEqual(keys);
    const client = connect(url);
    expect((await client.auth.getUser(session.access_token)).data.user?.email).toBe(alice.email);
    expect((await client.auth.refreshSession({ refresh_token: session.refresh_token })).error).toBeNull();
    expect((await signedIn(url, { email: 'carol@example.org', password: 'carol-secret' })).user.email).toBe(
      'carol@example.org',
    );
    const files = readdirSync(before.dir);
    expect(files.sort()).toEqual(['keys.json', 'sessions.json', 'users.json']);
    for (const file of files) {
      const text = readFileSync(join(before.dir, file), 'utf8');
      expect(text).not.toMatch(/alice-password|carol-secret/);
      expect(text).not.toContain(session.refresh_token);
      expect(statSync(join(before.dir, file)).mode & 0o077).toBe(0);
    }
  });
});

describe('over plain HTTP', () => {
  test('a token of another issuer, of no session or with another signature is refused', async () => {
    const own = await startServer();
    const elsewhere = await startServer({ issuer: 'http://elsewhere/auth/v1' });
    const { session } = await signedIn(own.url);
    const foreign = (await signedIn(elsewhere.url)).session.access_token;
    const ask = async (authorization?: string) => {
      const answer = await fetch(`${own.url}/auth/v1/user`, authorization ? { headers: { authorization } } : {});
      return [answer.status, ((await answer.json()) as { code?: string }).code];
    };
    expect(await ask(`Bearer ${session.access_token}`)).toEqual([200, undefined]);
    expect(await ask()).toEqual([401, 'no_authorization']);
    expect(await ask(`Bearer ${foreign}`)).toEqual([403, 'bad_jwt']);
    expect(await ask(`Bearer ${session.access_token.slice(0, -4)}AAAA`)).toEqual([403, 'bad_jwt']);
    expect(await ask('Bearer none.of.this')).toEqual([403, 'bad_jwt']);
  });

  test('a browser of any origin may call', async () => {
    const { url } = await startServer();
    const asked = await fetch(`${url}/auth/v1/token?grant_type=password`, { method: 'OPTIONS' });
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    expect(asked.headers.get('access-control-allow-headers')).toContain('apikey');
    const answered = await post(url, '/token?grant_type=password', alice);
    expect(answered.headers.get('access-control-allow-origin')).toBe('*');
  });

  test.each<[string, string, string, unknown, number, string]>([
    ['no JSON', 'POST', '/signup', 'not json', 400, 'bad_json'],
    ['a list', 'POST', '/signup', [], 400, 'bad_json'],
    ['an address that is none', 'POST', '/signup', { email: 'nobody', password: '123456' }, 400, 'validation_failed'],
    [
      'metadata that is no object',
      'POST',
      '/signup',
      { email: 'a@b.c', password: '123456', data: 'x' },
      400,
      'validation_failed',
    ],
    [
      'a password of 73 characters',
      'POST',
      '/signup',
      { email: 'a@b.c', password: 'x'.repeat(73) },
      400,
      'validation_failed',
    ],
    ['an unknown grant', 'POST', '/token?grant_type=pkce', {}, 400, 'invalid_grant'],
    ['no refresh token', 'POST', '/token?grant_type=refresh_token', {}, 400, 'validation_failed'],
    [
      'numbers for credentials',
      'POST',
      '/token?grant_type=password',
      { email: 1, password: 2 },
      400,
      'invalid_credentials',
    ],
    ['a body of 20 KiB', 'POST', '/signup', { email: 'x'.repeat(20_480) }, 413, 'request_too_large'],
    ['another method', 'GET', '/signup', undefined, 405, 'bad_method'],
    ['another route', 'GET', '/settings', undefined, 404, 'not_found'],
    ['an unknown scope', 'POST', '/logout?scope=all', {}, 400, 'validation_failed'],
  ])('answers %s with its own code', async (_what, method, path, body, status, code) => {
    const { url } = await startServer();
    const text = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const answer = await fetch(`${url}/auth/v1${path}`, { method, headers: { authorization: 'Bearer x' }, ...text });
    expect([answer.status, answer.headers.get('x-supabase-api-version')]).toEqual([status, '2024-01-01']);
    expect(await answer.json()).toEqual({ code, message: expect.any(String) });
  });
});
