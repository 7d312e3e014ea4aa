import type { ChartCandle } from '@supernoba/protocol';
import type { ExpectedCandle } from './tape.js';

/** What differs between an answered and an expected series: the first difference in words, undefined where all are equal. */
export function firstDifference(
  answered: readonly ChartCandle[],
  expected: readonly ExpectedCandle[],
): string | undefined {
  for (let index = 0; index < Math.max(answered.length, expected.length); index++) {
    const is = answered[index];
    const shouldBe = expected[index];
    const asRow = is && [is.time, is.open, is.high, is.low, is.close, is.volume];
    if (JSON.stringify(asRow) === JSON.stringify(shouldBe)) continue;
    return `candle ${index + 1}: answered ${describe(asRow)}, expected ${describe(shouldBe)}`;
  }
  return undefined;
}

function describe(row: readonly number[] | undefined): string {
  if (row === undefined) return 'none';
  const [time = 0, ...figures] = row;
  return `${new Date(time * 1000).toISOString()} ${figures.join(' ')}`;
}
