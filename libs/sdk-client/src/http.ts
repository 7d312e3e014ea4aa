import { isRawEvent } from './encoder.js';
import { ClientErrorCode, messageOf, serverError, SupernobaError } from './errors.js';
import type { Settings } from './options.js';
import { withRetry } from './retry.js';
import type { Session } from './session.js';

export interface HttpCall {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path segments; encoded here. */
  path: readonly string[];
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: string;
  /** Orders carry the token, public reads do not. */
  needsToken: boolean;
  signal?: AbortSignal;
}

/** The HTTP routes: a timeout for each try, repeated tries, one fresh token after a refused one. */
export class HttpRoutes {
  readonly #settings: Settings;
  readonly #session: Session;

  constructor(settings: Settings, session: Session) {
    this.#settings = settings;
    this.#session = session;
  }

  /** @returns the parsed JSON answer. @throws SupernobaError */
  async call(call: HttpCall): Promise<unknown> {
    const attempt = (): Promise<unknown> => this.#attempt(call);
    try {
      return await withRetry(attempt, this.#settings.retry, call.signal);
    } catch (thrown) {
      const isRefused = thrown instanceof SupernobaError && thrown.status === 401;
      if (!call.needsToken || !isRefused) throw thrown;
      await this.#session.ask({ forceRefresh: true });
      return withRetry(attempt, this.#settings.retry, call.signal);
    }
  }

  async #attempt(call: HttpCall): Promise<unknown> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    if (call.needsToken) {
      const token = await this.#session.token();
      if (token === null) throw new SupernobaError('UNAUTHORIZED', 'nobody is logged in: this call needs a token');
      headers['authorization'] = `Bearer ${token}`;
    }
    const { status, retryAfter, text } = await this.#send(call, headers);
    return readAnswer(status, retryAfter, text);
  }

  async #send(
    call: HttpCall,
    headers: Record<string, string>,
  ): Promise<{ status: number; retryAfter: string | null; text: string }> {
    const what = `${call.method} /${call.path.join('/')}`;
    const controller = new AbortController();
    const timeoutMs = this.#settings.requestTimeoutMs;
    let isTimeout = false;
    const timer = setTimeout(() => {
      isTimeout = true;
      controller.abort();
    }, timeoutMs);
    const abort = (): void => controller.abort();
    call.signal?.addEventListener('abort', abort, { once: true });
    try {
      if (call.signal?.aborted) controller.abort();
      const init = { method: call.method, headers, signal: controller.signal };
      const answer = await this.#settings.fetch(
        this.#url(call),
        call.body === undefined ? init : { ...init, body: call.body },
      );
      return { status: answer.status, retryAfter: answer.headers.get('retry-after'), text: await answer.text() };
    } catch (cause) {
      if (call.signal?.aborted)
        throw new SupernobaError(ClientErrorCode.Aborted, `${what}: the caller gave up`, { cause });
      if (isTimeout)
        throw new SupernobaError(ClientErrorCode.Timeout, `${what}: no answer within ${timeoutMs} ms`, {
          retryable: true,
          cause,
        });
      throw new SupernobaError(ClientErrorCode.Network, `${what}: ${deepestMessage(cause)}`, {
        retryable: true,
        cause,
      });
    } finally {
      clearTimeout(timer);
      call.signal?.removeEventListener('abort', abort);
    }
  }

  #url(call: HttpCall): string {
    const path = call.path.map((segment) => `/${encodeURIComponent(segment)}`).join('');
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(call.query ?? {}))
      if (value !== undefined) query.set(name, String(value));
    return `${this.#settings.http}${path}${query.size > 0 ? `?${query.toString()}` : ''}`;
  }
}

function readAnswer(status: number, retryAfter: string | null, text: string): unknown {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    if (status >= 200 && status < 300)
      throw new SupernobaError(ClientErrorCode.BadAnswer, 'an answer that is not JSON', { status, cause });
  }
  if (status >= 200 && status < 300) return body;
  const error = isRawEvent(body) && isRawEvent(body['error']) ? body['error'] : {};
  const wait = retryAfterMs(retryAfter);
  const details = { status, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
  if (typeof error['code'] === 'string') {
    const message = typeof error['message'] === 'string' ? error['message'] : `HTTP ${status}`;
    // A server error with a code of its own, `NOT_AVAILABLE` say, is one that repeating does not cure.
    return fail(serverError(error['code'], message, details));
  }
  // A proxy or gateway in between speaks another language: the status alone counts.
  if (status === 401) return fail(new SupernobaError('UNAUTHORIZED', `HTTP ${status}`, details));
  if (status === 403) return fail(new SupernobaError('FORBIDDEN', `HTTP ${status}`, details));
  if (status === 404) return fail(new SupernobaError('NOT_FOUND', `HTTP ${status}`, details));
  if (status === 413) return fail(new SupernobaError('TOO_LARGE', `HTTP ${status}`, details));
  if (status === 429)
    return fail(new SupernobaError('TOO_MANY_REQUESTS', `HTTP ${status}`, { ...details, retryable: true }));
  if (status >= 500) return fail(new SupernobaError('UNAVAILABLE', `HTTP ${status}`, { ...details, retryable: true }));
  return fail(new SupernobaError(ClientErrorCode.BadAnswer, `HTTP ${status}`, details));
}

function fail(error: SupernobaError): never {
  throw error;
}

/** `Retry-After`: seconds or an HTTP date. */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** `fetch failed` says nothing; what it says it was caused by does. */
function deepestMessage(thrown: unknown): string {
  let error = thrown;
  for (let depth = 0; depth < 4; depth++) {
    const cause = isRawEvent(error) ? error['cause'] : undefined;
    if (cause === undefined || cause === null) break;
    error = cause;
  }
  return messageOf(error);
}
