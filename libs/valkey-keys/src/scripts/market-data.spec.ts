import {
  createKeys,
  marketDataApply,
  marketDataApplyArgs,
  marketDataKeys,
  marketDataReplace,
  marketDataReplaceArgs,
  MAX_TRADES_PER_CALL,
} from '../index.js';

const frames = { epoch: 3, seq: 41, q: 2, time: 1000, depth: '{}', ticker: '', frameTtlS: 60, tradesTtlS: 86_400 };

test('both scripts take the six keys of a symbol, in one slot of a cluster where hash tags are on', () => {
  const names = marketDataKeys(createKeys({ hashTags: true }), 'TEST');
  expect(names).toEqual([
    'md:{TEST}',
    'depth:{TEST}',
    'ticker:{TEST}',
    'candle:1m:{TEST}',
    'candle:closed:1m:{TEST}',
    'trades:{TEST}',
  ]);
  expect([marketDataApply.numberOfKeys, marketDataReplace.numberOfKeys]).toEqual([6, 6]);
});

test('a call takes at most a thousand trades, so that their volume sums exactly in a double', () => {
  const trade = [1, 1000, 5, 7, true] as const;
  expect(marketDataApplyArgs({ ...frames, maxTrades: 1000, trades: [trade] })).toEqual([
    3,
    41,
    2,
    1000,
    '{}',
    '',
    60,
    86_400,
    1000,
    1,
    1000,
    5,
    7,
    'true',
  ]);
  const tooMany = Array.from({ length: MAX_TRADES_PER_CALL + 1 }, () => trade);
  expect(() => marketDataApplyArgs({ ...frames, maxTrades: 1000, trades: tooMany })).toThrow(RangeError);
  expect(MAX_TRADES_PER_CALL * 1e12).toBeLessThan(Number.MAX_SAFE_INTEGER);
});

test('absolute state without an open candle leaves its fields empty', () => {
  const closed = [{ t: 60, json: '{"t":60}' }];
  expect(marketDataReplaceArgs({ ...frames, candle: undefined, closed, trades: ['[1]'] })).toEqual([
    3,
    41,
    2,
    1000,
    '{}',
    '',
    60,
    86_400,
    '',
    '',
    '',
    '',
    '',
    '',
    '',
    '',
    1,
    60,
    '{"t":60}',
    '[1]',
  ]);
});
