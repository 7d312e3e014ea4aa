import { SupernobaError, type TokenCallback } from '@supernoba/sdk-client';

interface TokenAnswer {
  access_token: string;
  refresh_token: string;
}

const TIMEOUT_MS = 10_000;

/**
 * Logs a user in at the auth service of this address.
 *
 * @returns what gives the user's token from then on, renewed when it must be
 * @throws SupernobaError `AUTH_FAILED`
 */
export async function logIn(base: string, email: string, password: string): Promise<TokenCallback> {
  let session = await askToken(base, 'password', { email, password });
  return async ({ forceRefresh }) => {
    if (forceRefresh) session = await askToken(base, 'refresh_token', { refresh_token: session.refresh_token });
    return session.access_token;
  };
}

async function askToken(base: string, grant: string, body: Record<string, string>): Promise<TokenAnswer> {
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(`${base}/auth/v1/token?grant_type=${grant}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    answer = await response.json();
  } catch (cause) {
    throw new SupernobaError('AUTH_FAILED', 'the auth service does not answer', { retryable: true, cause });
  }
  if (response.ok && isTokenAnswer(answer)) return answer;
  const { code, message, msg } = (answer ?? {}) as { code?: unknown; message?: unknown; msg?: unknown };
  const said = [code, message ?? msg].filter((part) => typeof part === 'string' || typeof part === 'number').join(': ');
  const details = { status: response.status, retryable: response.status >= 500 };
  throw new SupernobaError('AUTH_FAILED', `the log-in was refused: ${said || `HTTP ${response.status}`}`, details);
}

function isTokenAnswer(answer: unknown): answer is TokenAnswer {
  const { access_token, refresh_token } = (answer ?? {}) as Partial<TokenAnswer>;
  return typeof access_token === 'string' && typeof refresh_token === 'string';
}
