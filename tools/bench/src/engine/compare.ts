import type { Expected } from './expected.js';
import type { Report } from './stand-in-messages.js';
import type { SymbolSum } from './tally.js';

/** What the caches and the stand-ins hold at the end. */
export interface Held extends Report {
  /** By symbol; null where the key is missing. */
  frames: Map<string, { depth: string | null; ticker: string | null }>;
}

/** Every difference between what is held and what must be, and how many things were compared. */
export function compareHeld(
  held: Held,
  expected: Expected,
  orders: number,
): { compared: number; differences: string[] } {
  const differences: string[] = [];
  let compared = 0;
  const same = (name: string, got: unknown, wanted: unknown) => {
    compared += 1;
    if (got !== wanted) differences.push(`${name} is ${String(got)}, expected ${String(wanted)}`);
  };
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
  for (const { symbol, depth, ticker } of expected.frames) {
    same(`depth:${symbol}`, held.frames.get(symbol)?.depth, depth);
    same(`ticker:${symbol}`, held.frames.get(symbol)?.ticker ?? '', ticker);
  }
  return { compared, differences };
}
