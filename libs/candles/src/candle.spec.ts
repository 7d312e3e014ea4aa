import fc from 'fast-check';
import {
  CandleError,
  candleToChart,
  candleToHash,
  candleToJson,
  mergeCandles,
  parseCandle,
  type Candle,
} from './index.js';

const anyCandle: fc.Arbitrary<Candle> = fc
  .record({
    prices: fc.array(fc.integer({ min: 1, max: 1_000_000_000_000 }), { minLength: 4, maxLength: 4 }),
    t: fc.integer({ min: 0, max: 100_000_000 }).map((minute) => minute * 60),
    v: fc.bigInt({ min: 1n, max: 10n ** 20n }),
    n: fc.integer({ min: 1, max: 1_000_000 }),
    q: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  })
  .map(({ prices: [o = 1, c = 1, ...rest], t, v, n, q }) => {
    return { t, o, h: Math.max(o, c, ...rest), l: Math.min(o, c, ...rest), c, v, n, q };
  });

const hash = { o: '5', h: '9', l: '1', c: '6', v: '10', t: '60', n: '3', q: '7' };
const candle: Candle = { t: 60, o: 5, h: 9, l: 1, c: 6, v: 10n, n: 3, q: 7 };

test('a candle survives the hash and the list entry unchanged, whatever its volume', () => {
  fc.assert(
    fc.property(anyCandle, (each) => {
      expect(parseCandle(candleToHash(each))).toEqual(each);
      expect(parseCandle(JSON.parse(candleToJson(each)) as object)).toEqual(each);
    }),
  );
});

test('the hash holds decimal strings, the list entry numbers, and a volume past 2^53 is a string in both', () => {
  expect(candleToHash(candle)).toEqual(hash);
  expect(candleToJson(candle)).toBe('{"t":60,"o":5,"h":9,"l":1,"c":6,"v":10,"n":3,"q":7}');
  expect(candleToJson({ ...candle, v: 2n ** 53n })).toContain('"v":"9007199254740992"');
  expect(candleToJson({ ...candle, v: 2n ** 53n - 1n })).toContain('"v":9007199254740991');
});

test('a push frame reads as a candle without trade numbers', () => {
  const frame = { e: 'candle', tf: '1m', s: 'TEST', t: 60, o: 5, h: 9, l: 1, c: 6, v: 10 };
  expect(parseCandle(frame)).toEqual({ ...candle, n: 0, q: 0 });
});

test('a chart point carries long names and a number for the volume', () => {
  expect(candleToChart(candle)).toEqual({ time: 60, open: 5, high: 9, low: 1, close: 6, volume: 10 });
});

test.each<[string, object]>([
  ['a missing field', { ...hash, o: undefined }],
  ['an empty hash', {}],
  ['a fraction', { ...hash, c: 5.5 }],
  ['an exponent', { ...hash, c: '1e3' }],
  ['a sign', { ...hash, v: '-1' }],
  ['a volume that lost digits', { ...hash, v: 2 ** 53 }],
  ['an unsafe price', { ...hash, h: '9007199254740993' }],
  ['an object', { ...hash, t: {} }],
  ['a high below the open', { ...hash, h: '4' }],
  ['a low above the close', { ...hash, l: '7', o: '8' }],
])('refuses %s', (_, source) => {
  expect(() => parseCandle(source)).toThrow(CandleError);
  expect(() => parseCandle(source)).toThrow(expect.objectContaining({ code: 'BAD_CANDLE' }));
});

test('merging series gives every start once, ascending, and the fuller candle wins', () => {
  const at = (t: number, q: number, c = 5): Candle => ({ ...candle, t, q, c });
  const history = [at(0, 3), at(60, 9)];
  const hot = [at(60, 9, 6), at(120, 14)];
  const active = [at(120, 12)];
  expect(mergeCandles(history, hot, active)).toEqual([at(0, 3), at(60, 9, 6), at(120, 14)]);
  expect(mergeCandles()).toEqual([]);
});
