import fc from 'fast-check';
import {
  bucketEnd,
  bucketStart,
  bucketStartSec,
  CandleError,
  INTERVAL_SECONDS,
  INTERVALS,
  isInterval,
  nests,
} from './index.js';

const utc = (text: string) => Date.parse(text) / 1000;
const anyInterval = fc.constantFrom(...INTERVALS);
const anyTimeMs = fc.integer({ min: 0, max: 4_102_444_800_000 });
const anyOffset = fc.integer({ min: -1439, max: 1439 });

test('candles of 1m to 4h start on UTC boundaries', () => {
  const at = Date.parse('2025-12-14T13:47:38.267Z');
  expect(Object.fromEntries(INTERVALS.slice(0, 7).map((interval) => [interval, bucketStart(interval, at)]))).toEqual({
    '1m': utc('2025-12-14T13:47:00Z'),
    '3m': utc('2025-12-14T13:45:00Z'),
    '5m': utc('2025-12-14T13:45:00Z'),
    '15m': utc('2025-12-14T13:45:00Z'),
    '30m': utc('2025-12-14T13:30:00Z'),
    '1h': utc('2025-12-14T13:00:00Z'),
    '4h': utc('2025-12-14T12:00:00Z'),
  });
});

test('a day starts at midnight of UTC+09:00 unless told otherwise', () => {
  expect(bucketStart('1d', Date.parse('2025-12-14T14:59:59.999Z'))).toBe(utc('2025-12-13T15:00:00Z'));
  expect(bucketStart('1d', Date.parse('2025-12-14T15:00:00.000Z'))).toBe(utc('2025-12-14T15:00:00Z'));
  expect(bucketStart('1d', Date.parse('2025-12-14T15:00:00.000Z'), 0)).toBe(utc('2025-12-14T00:00:00Z'));
  expect(bucketStart('1d', Date.parse('2025-12-14T03:00:00.000Z'), -300)).toBe(utc('2025-12-13T05:00:00Z'));
});

test('a day offset moves days only', () => {
  const at = Date.parse('2025-12-14T13:47:38.267Z');
  for (const interval of INTERVALS.filter((each) => each !== '1d')) {
    expect(bucketStart(interval, at, 345)).toBe(bucketStart(interval, at, 0));
  }
});

test('every moment lies in exactly one bucket, and a bucket start is its own start', () => {
  fc.assert(
    fc.property(anyInterval, anyTimeMs, anyOffset, (interval, timeMs, offset) => {
      const start = bucketStart(interval, timeMs, offset);
      expect(start * 1000).toBeLessThanOrEqual(timeMs);
      expect(bucketEnd(interval, start) * 1000).toBeGreaterThan(timeMs);
      expect(bucketEnd(interval, start) - start).toBe(INTERVAL_SECONDS[interval]);
      expect(bucketStartSec(interval, start, offset)).toBe(start);
      expect(bucketStartSec(interval, Math.floor(timeMs / 1000), offset)).toBe(start);
      expect(bucketStartSec(interval, bucketEnd(interval, start), offset)).toBe(bucketEnd(interval, start));
    }),
  );
});

test('nesting intervals share every boundary of the higher one, others do not', () => {
  fc.assert(
    fc.property(anyInterval, anyInterval, anyTimeMs, anyOffset, (from, to, timeMs, offset) => {
      if (!nests(from, to, offset)) return;
      const start = bucketStart(to, timeMs, offset);
      expect(bucketStartSec(from, start, offset)).toBe(start);
    }),
  );
  expect(INTERVALS.filter((from) => nests(from, '1d'))).toEqual(['1m', '3m', '5m', '15m', '30m', '1h', '1d']);
  expect(INTERVALS.filter((from) => nests(from, '1d', 0))).toEqual([...INTERVALS]);
  expect(INTERVALS.filter((from) => nests(from, '5m'))).toEqual(['1m', '5m']);
  expect(nests('1h', '1d', 330)).toBe(false);
  expect(nests('1h', '1m')).toBe(false);
});

test('isInterval knows the eight names and nothing else', () => {
  expect(INTERVALS.every(isInterval)).toBe(true);
  expect(['2m', '1M', '', 'toString', null, 60].some(isInterval)).toBe(false);
});

test.each([
  ['BAD_INTERVAL', () => bucketStart('2m' as '1m', 0)],
  ['BAD_INTERVAL', () => bucketEnd('toString' as '1m', 0)],
  ['BAD_DAY_OFFSET', () => bucketStart('1d', 0, 1440)],
  ['BAD_DAY_OFFSET', () => bucketStart('1m', 0, 0.5)],
  ['BAD_DAY_OFFSET', () => nests('1m', '1d', Number.NaN)],
  ['BAD_TIME', () => bucketStart('1m', Number.NaN)],
  ['BAD_TIME', () => bucketStartSec('1m', Infinity)],
])('refuses with %s', (code, run) => {
  expect(run).toThrow(CandleError);
  expect(run).toThrow(expect.objectContaining({ code }));
});
