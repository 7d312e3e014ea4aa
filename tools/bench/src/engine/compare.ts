import type { Expected } from './expected.js';
import type { Report } from './stand-in-messages.js';
import type { SymbolSum } from './tally.js';

/** What the caches and the stand-ins hold at the end. */
export interface Held extends Report {
  frames: Frames;
}

/** `depth:S` and `ticker:S` by symbol; null where the key is missing. */
export type Frames = Map<string, { depth: string | null; ticker: string | null }>;

interface Comparison {
  compared: number;
  differences: string[];
}

/** Every difference between what is held and what must be, and how many things were compared. */
export function compareHeld(held: Held, expected: Expected, orders: number): Comparison {
  const comparison: Comparison = { compared: 0, differences: [] };
  const same = sameIn(comparison);
  same('symbols with fills', Object.keys(held.fills).length, Object.keys(expected.fills).length);
  for (const [stream, got, wanted] of [
    ['fills', held.fills, expected.fills],
    ['statuses', held.statuses, expected.statuses],
  ] as [string, Record<string, SymbolSum>, Record<string, SymbolSum>][]) {
    for (const [symbol, { events, sum }] of Object.entries(wanted)) {
      same(`the number of ${stream} of ${symbol}`, got[symbol]?.events, events);
      same(`the checksum of the ${stream} of ${symbol}`, got[symbol]?.sum, sum);
    }
  }
  same('the number of trade rows', held.tradeRows, expected.tradeRows);
  same('the checksum of the trade rows', held.tradeRowSum, expected.tradeRowSum);
  same('the number of archived records', held.archiveRecords, orders);
  same('rows of dead letters and audit', held.otherRows, 0);
  return compareFrames(held.frames, expected.frames, comparison);
}

/** The same of the frames alone, behind what was compared before. */
export function compareFrames(
  frames: Frames,
  expected: Expected['frames'],
  comparison: Comparison = { compared: 0, differences: [] },
): Comparison {
  const same = sameIn(comparison);
  for (const { symbol, depth, ticker } of expected) {
    same(`depth:${symbol}`, frames.get(symbol)?.depth, depth);
    same(`ticker:${symbol}`, frames.get(symbol)?.ticker ?? '', ticker);
  }
  return comparison;
}

function sameIn(comparison: Comparison) {
  return (name: string, got: unknown, wanted: unknown) => {
    comparison.compared += 1;
    if (got !== wanted) comparison.differences.push(`${name} is ${String(got)}, expected ${String(wanted)}`);
  };
}
