import { readFile } from 'node:fs/promises';
import { SupernobaError, type TokenCallback } from '@supernoba/sdk-client';

const TIMEOUT_MS = 5_000;

/** A user's token out of a file that somebody keeps fresh; read anew each time, since a restart renews it. */
export function tokenOfFile(file: string, user: string): TokenCallback {
  return async () => {
    const content = JSON.parse(await readFile(file, 'utf8')) as { tokens?: Record<string, unknown> };
    const token = content.tokens?.[user];
    if (typeof token === 'string') return token;
    throw new Error(`${file} has no token of ${user}`);
  };
}

/** A token of a user of the local stack's auth service; another log-in whenever a fresh one is asked for. */
export function tokenOfLogin(url: string, user: string): TokenCallback {
  let token: string | undefined;
  return async ({ forceRefresh }) => {
    if (token === undefined || forceRefresh) token = await logIn(url, user);
    return token;
  };
}

async function logIn(url: string, user: string): Promise<string> {
  const response = await fetch(`${url}/auth/v1/token?grant_type=password`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${user}@supernoba.local`, password: `${user}-password` }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { access_token: token } = (await response.json()) as { access_token?: unknown };
  if (response.ok && typeof token === 'string') return token;
  throw new SupernobaError('AUTH_FAILED', `${user} cannot log in: HTTP ${response.status}`, {
    status: response.status,
    retryable: true,
  });
}
