/**
 * Full jitter: a wait between 0 and `min(maxMs, baseMs · 2^attempt)`, so that clients that lost their server together
 * do not come back together. `attempt` counts from 0; `random` gives [0, 1).
 */
export function fullJitterMs(attempt: number, baseMs: number, maxMs: number, random: () => number): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.floor(random() * ceiling);
}
