import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { logIn } from './login.js';

let server: Server | undefined;
afterEach(() => new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined))));

interface Seen {
  grant: string | null;
  body: unknown;
}

/** An auth service that knows alice. */
async function authService(): Promise<{ base: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      const body = JSON.parse(text) as { email?: string; refresh_token?: string };
      const grant = new URL(request.url ?? '/', 'http://x').searchParams.get('grant_type');
      seen.push({ grant, body });
      const known = body.email === 'alice@supernoba.local' || body.refresh_token === `refresh-${seen.length - 1}`;
      response.writeHead(known ? 200 : 400, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(
          known
            ? { access_token: `access-${seen.length}`, refresh_token: `refresh-${seen.length}` }
            : { code: 'invalid_credentials', message: 'Invalid login credentials' },
        ),
      );
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

test('a log-in gives the token, and a fresh one when it is asked for', async () => {
  const { base, seen } = await authService();
  const token = await logIn(base, 'alice@supernoba.local', 'alice-password');
  await expect(token({ forceRefresh: false })).resolves.toBe('access-1');
  await expect(token({ forceRefresh: true })).resolves.toBe('access-2');
  await expect(token({ forceRefresh: false })).resolves.toBe('access-2');
  expect(seen).toEqual([
    { grant: 'password', body: { email: 'alice@supernoba.local', password: 'alice-password' } },
    { grant: 'refresh_token', body: { refresh_token: 'refresh-1' } },
  ]);
});

test('a refused log-in says why, and is final', async () => {
  const { base } = await authService();
  await expect(logIn(base, 'mallory@supernoba.local', 'x')).rejects.toMatchObject({
    code: 'AUTH_FAILED',
    status: 400,
    retryable: false,
    message: 'the log-in was refused: invalid_credentials: Invalid login credentials',
  });
});

test('an auth service that is not there may be tried again', async () => {
  await expect(logIn('http://127.0.0.1:9', 'a', 'b')).rejects.toMatchObject({ code: 'AUTH_FAILED', retryable: true });
});
