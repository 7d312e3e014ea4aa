import { createHash } from 'node:crypto';
import type { RouteAnswer } from './http-answer.js';
import type { HttpRequest } from './http-request.js';

/**
 * A public read that caches may keep for `maxAgeS` seconds, under an entity tag of its body: a caller who has that very
 * answer is told 304 and sent nothing.
 */
export function cacheable(request: HttpRequest, body: unknown, maxAgeS: number): RouteAnswer {
  const etag = `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)}"`;
  const headers = { etag, 'cache-control': `public, max-age=${maxAgeS}` };
  return isKnown(request.header('if-none-match'), etag)
    ? { status: 304, body: undefined, headers }
    : { status: 200, body, headers };
}

/** `If-None-Match`: `*`, or a list of tags; weak ones count, as caches on the way may have weakened them. */
function isKnown(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
