import { readSettings } from './settings.js';

const url = 'http://127.0.0.1:3900';

test('settings come from the options, and the address also from the environment', () => {
  expect(
    readSettings(['--url', url, '--symbol', 'BTCUSD', '--seed', '7', '--rate', '20'], { DEMO_TOKENS_FILE: 'x.json' }),
  ).toEqual({
    url,
    symbol: 'BTCUSD',
    seed: 7,
    rate: 20,
    tokensFile: 'x.json',
  });
  expect(readSettings([], { SUPERNOBA_URL: url })).toEqual({
    url,
    symbol: 'TEST',
    seed: expect.any(Number),
    rate: 5,
    tokensFile: undefined,
  });
});

test.each([
  [[], '--url'],
  [['--url', 'ws://x'], '--url'],
  [['--url', url, '--symbol', 'a b'], '--symbol'],
  [['--url', url, '--rate', '0'], '--rate'],
  [['--url', url, '--rate', '2.5'], '--rate'],
  [['--url', url, '--seed', '-1'], '--seed'],
  [['--url', url, '--levels', '3'], '--levels'],
])('%j is refused, naming %s', (args, name) => {
  expect(() => readSettings(args, {})).toThrow(
    expect.objectContaining({ code: 'BAD_SETTINGS', message: expect.stringContaining(name) }),
  );
});
