import { isRawEvent } from './encoder.js';
import { ClientErrorCode, SupernobaError } from './errors.js';
import type { HttpRoutes } from './http.js';

export interface ReadOptions {
  signal?: AbortSignal;
}

/** One GET whose answer is a JSON object. Public reads carry no token. */
export async function read(
  http: HttpRoutes,
  path: readonly string[],
  { signal }: ReadOptions,
  query: Readonly<Record<string, string | number | undefined>> = {},
  needsToken = false,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await http.call({ method: 'GET', path, query, needsToken, ...(signal ? { signal } : {}) });
  if (!isRawEvent(answer)) throw badAnswer(path[0] ?? '');
  return answer;
}

export function badAnswer(what: string): SupernobaError {
  return new SupernobaError(ClientErrorCode.BadAnswer, `an answer that is no ${what}`);
}
