import { tradeId, tradeNumber } from './events.js';

test('a trade id names its symbol and number, also when the symbol has dashes', () => {
  expect(tradeId('BTC-USD', 17)).toBe('BTC-USD-17');
  expect(tradeNumber('BTC-USD-17')).toBe(17);
  expect(() => tradeNumber('BTC-USD')).toThrow(RangeError);
});
