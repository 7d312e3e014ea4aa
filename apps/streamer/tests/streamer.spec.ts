import { eventually } from '@supernoba/testing';
import { INITIAL_TRADES } from '../src/limits.js';
import { START_MS } from './support/market.js';
import { pause, setUp, type Stage, type StageOptions } from './support/stage.js';

let stage: Stage;
const start = async (options?: StageOptions) => (stage = await setUp(options));
afterEach(() => stage.close());

const TICKS_MS = 250;
const t = START_MS / 1000;

test('a main subscriber gets the state at once and then what changes: depth and candle of one tick in one frame', async () => {
  const { gateway, registry, engine } = await start();
  const market = engine('TEST');
  await market.begin();
  await market.apply({ bid: 100, trades: [[101, 3]] });
  await registry.connect('alice', { userId: 'u1' });
  await registry.subscribe('alice', { main: 'TEST' });
  await eventually(() => gateway.posted.length === 1);
  expect(gateway.messagesTo('alice')).toEqual([
    [
      { e: 'status', s: 'TEST', state: 'open' },
      { e: 'd', s: 'TEST', t: START_MS, b: [[100, 10]], a: [[101, 10]], u: 3 },
      { e: 'candle', tf: '1m', s: 'TEST', t, o: 101, h: 101, l: 101, c: 101, v: 3 },
      { e: 'trades', s: 'TEST', d: [[1, START_MS, 101, 3, true]] },
    ],
  ]);

  await market.apply({
    bid: 102,
    trades: [
      [105, 2],
      [99, 1],
    ],
  });
  await eventually(() => gateway.posted.length === 2);
  expect(gateway.messagesTo('alice')[1]).toEqual([
    { e: 'd', s: 'TEST', t: START_MS, b: [[102, 10]], a: [[103, 10]], u: 6 },
    { e: 'candle', tf: '1m', s: 'TEST', t, o: 101, h: 105, l: 99, c: 99, v: 6 },
    {
      e: 'trades',
      s: 'TEST',
      d: [
        [2, START_MS, 105, 2, true],
        [3, START_MS, 99, 1, true],
      ],
    },
  ]);
});

// The earlier system sent every frame to everybody every tick, changed or not.
test('regression: unchanged state is not sent again, also when the engine writes it anew', async () => {
  const { gateway, registry, engine, valkey, keys } = await start();
  const market = engine('TEST');
  await market.begin();
  for (const id of ['alice', 'guest']) {
    await registry.connect(id, { userId: id === 'alice' ? 'u1' : '' });
    await registry.subscribe(id, { main: 'TEST', sub: ['TEST'] });
  }
  await market.apply({ trades: [[101, 3]] });
  await pause(1_200);
  const count = gateway.posted.length;
  for (const key of [keys.depth('TEST'), keys.ticker('TEST')])
    await valkey.set(key, (await valkey.get(key)) ?? '', 'EX', 60);
  await pause(1_200);
  expect(gateway.posted.length).toBe(count);
  expect(gateway.eventsTo('alice', 'd').length).toBeLessThanOrEqual(2);
  expect(gateway.eventsTo('guest', 'd').length).toBeLessThanOrEqual(2);
});

test('a sub subscriber gets tickers alone, of the symbols it watches', async () => {
  const { gateway, registry, engine } = await start();
  const [a, b, c] = [engine('A'), engine('B'), engine('C')];
  for (const market of [a, b, c]) {
    await market.begin();
    await market.apply({ trades: [[50, 1]] });
  }
  await registry.connect('alice', { userId: 'u1' });
  await registry.subscribe('alice', { sub: ['A', 'B'] });
  await eventually(() => gateway.eventsTo('alice').length === 2);
  await a.apply({ trades: [[51, 1]] });
  await c.apply({ trades: [[51, 1]] });
  await eventually(() => gateway.eventsTo('alice').length === 3);
  await pause(TICKS_MS);
  expect(gateway.eventsTo('alice').map(({ e, s, p }) => [e, s, p])).toEqual([
    ['t', 'A', 50],
    ['t', 'B', 50],
    ['t', 'A', 51],
  ]);
});

test('a new anonymous subscriber gets the state at once, without waiting for the slow loop', async () => {
  const { gateway, registry, engine } = await start({ anonymousMs: 3_600_000 });
  const market = engine('TEST');
  await market.begin();
  await registry.connect('guest');
  await registry.subscribe('guest', { main: 'TEST' });
  await eventually(() => gateway.eventsTo('guest', 'd').length === 1);
  await market.apply({ bid: 101 });
  await pause(TICKS_MS);
  expect(gateway.eventsTo('guest', 'd').length).toBe(1);
});

test('anonymous connections are served at the pace of the slow loop, out of what the fast loop read', async () => {
  const { gateway, registry, engine } = await start();
  const market = engine('TEST');
  await market.begin();
  for (const id of ['alice', 'guest']) {
    await registry.connect(id, { userId: id === 'alice' ? 'u1' : '' });
    await registry.subscribe(id, { main: 'TEST' });
  }
  await eventually(() => gateway.eventsTo('alice', 'd').length === 1 && gateway.eventsTo('guest', 'd').length === 1);
  const startedMs = performance.now();
  let bid = 100;
  while (performance.now() < startedMs + 1_600) {
    await market.apply({ bid: ++bid });
    await pause(20);
  }
  const lastBids = (id: string) => JSON.stringify(gateway.eventsTo(id, 'd').at(-1)?.['b']);
  await eventually(() => lastBids('guest') === `[[${bid},10]]` && lastBids('alice') === `[[${bid},10]]`);
  const [guest, alice] = [gateway.messagesTo('guest').length, gateway.messagesTo('alice').length];
  expect(guest).toBeLessThanOrEqual(2 + (performance.now() - startedMs) / 500);
  expect(alice).toBeGreaterThan(guest);
});

test('a connection that changes its main symbol gets the new one at once and the old one no more', async () => {
  const { gateway, registry, engine } = await start();
  const [a, b] = [engine('A'), engine('B')];
  await a.begin();
  await b.begin();
  await registry.connect('guest');
  await registry.subscribe('guest', { main: 'A' });
  await eventually(() => gateway.eventsTo('guest', 'd').length === 1);
  await registry.subscribe('guest', { main: 'B' });
  await eventually(() => gateway.eventsTo('guest', 'd').length === 2);
  await a.apply({ bid: 200 });
  await b.apply({ bid: 300 });
  await eventually(() => gateway.eventsTo('guest', 'd').length === 3);
  await registry.unsubscribe('guest');
  await pause(TICKS_MS);
  await b.apply({ bid: 400 });
  await pause(800);
  expect(gateway.eventsTo('guest', 'd').map(({ s, b: bids }) => [s, bids])).toEqual([
    ['A', [[100, 10]]],
    ['B', [[100, 10]]],
    ['B', [[300, 10]]],
  ]);
});

// The earlier system pushed the frames of a dead engine for ever.
test('regression: a dead engine is told once as stale, then there is silence; its return brings the whole state', async () => {
  const { gateway, registry, engine, valkey, keys } = await start();
  const market = engine('TEST');
  await market.begin();
  await market.apply({ trades: [[101, 3]] });
  for (const id of ['alice', 'guest']) {
    await registry.connect(id, { userId: id === 'alice' ? 'u1' : '' });
    await registry.subscribe(id, { main: 'TEST', sub: ['TEST'] });
  }
  await eventually(() => gateway.eventsTo('alice', 'd').length === 1 && gateway.eventsTo('guest', 'd').length === 1);
  const depth = (await valkey.get(keys.depth('TEST'))) ?? '';
  for (const key of [keys.depth('TEST'), keys.ticker('TEST')]) await valkey.pexpire(key, 200);
  await eventually(
    () => gateway.eventsTo('alice', 'status').length === 2 && gateway.eventsTo('guest', 'status').length === 2,
  );
  const before = gateway.posted.length;
  await pause(1_200);
  expect(gateway.posted.length).toBe(before);
  expect(gateway.messagesTo('alice').at(-1)).toEqual([{ e: 'status', s: 'TEST', state: 'stale' }]);

  await valkey.set(keys.depth('TEST'), depth, 'EX', 60); // the same book as before
  await eventually(
    () => gateway.eventsTo('alice', 'status').length === 3 && gateway.eventsTo('guest', 'status').length === 3,
  );
  for (const id of ['alice', 'guest']) {
    const back = gateway.messagesTo(id).find((events, index) => index > 0 && events[0]?.['state'] === 'open');
    expect(back?.map(({ e }) => e)).toEqual(expect.arrayContaining(['status', 'd', 'candle']));
    expect(gateway.eventsTo(id, 'status').map(({ state }) => state)).toEqual(['open', 'stale', 'open']);
  }
});

test('a symbol that nobody has written is stale, not empty', async () => {
  const { gateway, registry } = await start();
  await registry.connect('guest');
  await registry.subscribe('guest', { main: 'NEW', sub: ['NEW'] });
  await eventually(() => gateway.posted.length === 1);
  await pause(TICKS_MS);
  expect(gateway.eventsTo('guest')).toEqual([{ e: 'status', s: 'NEW', state: 'stale' }]);
});

test('a halt and its end are told to main subscribers', async () => {
  const { gateway, registry, engine, valkey, keys } = await start();
  await engine('TEST').begin();
  await registry.connect('alice', { userId: 'u1' });
  await registry.subscribe('alice', { main: 'TEST' });
  for (const state of ['halted', 'open', 'delisted']) {
    const heard = gateway.eventsTo('alice', 'status').length;
    await eventually(() => gateway.posted.length > 0);
    await valkey.hset(keys.symbolStates, 'TEST', state);
    await eventually(
      () => gateway.eventsTo('alice', 'status').length > heard && gateway.eventsTo('alice', 'status').length > 1,
    );
  }
  expect(gateway.eventsTo('alice', 'status').map(({ state }) => state)).toEqual(['open', 'halted', 'open', 'halted']);
  expect(gateway.eventsTo('alice', 'd').length).toBe(1);
});

test('a market that halted by itself is told as halted, until the engine says that it is open again', async () => {
  const { gateway, registry, engine } = await start();
  const market = engine('TEST');
  await market.begin();
  await registry.connect('alice', { userId: 'u1' });
  await registry.subscribe('alice', { main: 'TEST' });
  const states = () => gateway.eventsTo('alice', 'status').map(({ state }) => state);
  await eventually(() => states().length === 1);
  market.state = 'halted';
  await market.apply({ trades: [[101, 3]] });
  await eventually(() => states().length === 2);
  await market.apply();
  await pause(TICKS_MS);
  market.state = undefined;
  await market.apply();
  await eventually(() => states().length === 3);
  expect(states()).toEqual(['open', 'halted', 'open']);
  expect(gateway.eventsTo('alice', 'd').map(({ state }) => state)).toContain('halted');
});

test('every candle closes once, with its final figures, also those that opened and closed between two ticks', async () => {
  const { gateway, registry, engine } = await start({ realtimeMs: 300 });
  const market = engine('TEST');
  await market.begin();
  await market.apply({ trades: [[101, 3]] });
  for (const id of ['alice', 'guest']) {
    await registry.connect(id, { userId: id === 'alice' ? 'u1' : '' });
    await registry.subscribe(id, { main: 'TEST' });
  }
  await eventually(
    () => gateway.eventsTo('alice', 'candle').length === 1 && gateway.eventsTo('guest', 'candle').length === 1,
  );

  await market.apply({ trades: [[90, 1]] });
  await market.advance(60_000); // closes minute 0 although nobody trades
  await eventually(() => gateway.eventsTo('alice', 'candle_close').length === 1);
  await market.apply({ trades: [[95, 1]] }); // minute 1
  market.skip(120_000);
  await market.apply({ trades: [[96, 4]] }); // minute 3: minute 1 closes, minute 2 never was
  await market.advance(60_000);
  await eventually(() => gateway.eventsTo('guest', 'candle_close').length === 3);
  await pause(600);
  const closes = [
    { e: 'candle_close', tf: '1m', s: 'TEST', t, o: 101, h: 101, l: 90, c: 90, v: 4 },
    { e: 'candle_close', tf: '1m', s: 'TEST', t: t + 60, o: 95, h: 95, l: 95, c: 95, v: 1 },
    { e: 'candle_close', tf: '1m', s: 'TEST', t: t + 180, o: 96, h: 96, l: 96, c: 96, v: 4 },
  ];
  expect(gateway.eventsTo('alice', 'candle_close')).toEqual(closes);
  expect(gateway.eventsTo('guest', 'candle_close')).toEqual(closes);
  expect(await stage.metric('streamer_missed_candle_closes')).toBe(0);

  await registry.connect('late', { userId: 'u2' });
  await registry.subscribe('late', { main: 'TEST' });
  await eventually(() => gateway.eventsTo('late', 'd').length === 1);
  expect(gateway.eventsTo('late', 'candle_close', 'candle')).toEqual([]);
});

test('a new subscriber gets the newest trades, and under load every later trade once and in order', async () => {
  const { gateway, registry, engine } = await start();
  const market = engine('TEST');
  await market.begin({ q: 5_000 });
  await market.apply({ trades: Array.from({ length: 300 }, () => [100, 1] as const) });
  await registry.connect('alice', { userId: 'u1' });
  await registry.subscribe('alice', { main: 'TEST' });
  await eventually(() => gateway.eventsTo('alice', 'trades').length === 1);
  for (let batch = 0; batch < 150; batch++) {
    await market.apply({ trades: Array.from({ length: 1 + (batch % 7) }, () => [100 + batch, 1] as const) });
    if (batch % 10 === 0) await pause(15);
  }
  const numbers = () => gateway.eventsTo('alice', 'trades').flatMap(({ d }) => (d as number[][]).map(([no]) => no));
  await eventually(() => numbers().at(-1) === market.lastTrade);
  const first = 5_300 - INITIAL_TRADES + 1;
  expect(numbers()).toEqual(Array.from({ length: market.lastTrade - first + 1 }, (_, index) => first + index));
});

test('a slow reader has one message under way and skips to the newest state, without missing a trade', async () => {
  const { gateway, registry, engine } = await start();
  const market = engine('TEST');
  await market.begin();
  await registry.connect('slow', { userId: 'u1' });
  await registry.connect('quick', { userId: 'u2' });
  gateway.delayOf.set('slow', 400);
  for (const id of ['slow', 'quick']) await registry.subscribe(id, { main: 'TEST' });
  const startedMs = performance.now();
  for (let batch = 1; batch <= 60; batch++) {
    await market.apply({ bid: 100 + batch, trades: [[200, 1]] });
    await pause(20);
  }
  const lastBid = (id: string) => JSON.stringify(gateway.eventsTo(id, 'd').at(-1)?.['b']);
  await eventually(() => lastBid('slow') === '[[160,10]]' && lastBid('quick') === '[[160,10]]');
  expect(gateway.maxInFlightOfOne).toBe(1);
  const slow = gateway.messagesTo('slow').length;
  expect(slow).toBeLessThanOrEqual(2 + (performance.now() - startedMs) / 400);
  expect(gateway.messagesTo('quick').length).toBeGreaterThan(slow);
  for (const id of ['slow', 'quick']) {
    const numbers = gateway.eventsTo(id, 'trades').flatMap(({ d }) => (d as number[][]).map(([no]) => no));
    expect(numbers).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  }
});

test('one that fell behind by more than the list holds gets the newest 1,000 trades', async () => {
  const { gateway, registry, engine } = await start();
  const market = engine('TEST');
  await market.begin();
  await registry.connect('slow', { userId: 'u1' });
  gateway.delayOf.set('slow', 700);
  await registry.subscribe('slow', { main: 'TEST' });
  await eventually(() => gateway.maxInFlight === 1);
  for (let batch = 0; batch < 3; batch++)
    await market.apply({ trades: Array.from({ length: 500 }, () => [100, 1] as const) });
  const frame = await eventually(() => gateway.eventsTo('slow', 'trades')[0]);
  const numbers = (frame['d'] as number[][]).map(([no]) => no);
  expect([numbers.length, numbers[0], numbers.at(-1)]).toEqual([1_000, 501, 1_500]);
});

test('keys with hash tags are read when the setting says so', async () => {
  const { gateway, registry, engine, valkey } = await start({ hashTags: true });
  await engine('TEST').begin();
  await registry.connect('alice', { userId: 'u1' });
  await registry.subscribe('alice', { main: 'TEST' });
  await eventually(() => gateway.eventsTo('alice', 'd').length === 1);
  expect(await valkey.exists('depth:{TEST}')).toBe(1);
});

test('trade numbers that begin anew make the whole state new', async () => {
  const { gateway, registry, engine, valkey, keys } = await start();
  const market = engine('TEST');
  await market.begin({ q: 900 });
  await registry.connect('alice', { userId: 'u1' });
  await registry.subscribe('alice', { main: 'TEST' });
  await market.apply({ trades: [[100, 1]] });
  await eventually(() => gateway.eventsTo('alice', 'trades').length === 1);
  await valkey.del(keys.depth('TEST'), keys.marketData('TEST'), keys.trades('TEST'), keys.candle('TEST'));
  const anew = engine('TEST', 2);
  await anew.begin();
  await anew.apply({ trades: [[70, 1]] });
  const isNew = () => gateway.eventsTo('alice', 'trades').at(-1)?.['d'];
  await eventually(() => JSON.stringify(isNew()) === JSON.stringify([[1, START_MS, 70, 1, true]]));
});

test('a main subscriber that chose 5m gets its candles alone: at once, as they grow, and each close once', async () => {
  const { gateway, registry, engine } = await start();
  const market = engine('TEST');
  await market.begin();
  await market.apply({ trades: [[101, 3]] }); // 05:31
  await market.advance(60_000);
  await market.apply({ trades: [[105, 2]] }); // 05:32
  for (const id of ['alice', 'bob']) {
    await registry.connect(id, { userId: id });
    await registry.subscribe(id, { main: 'TEST', timeframe: '5m' });
  }
  const five = { tf: '5m', s: 'TEST', t: t - 60 };
  await eventually(() => gateway.eventsTo('alice', 'candle').length === 1);
  expect(gateway.eventsTo('alice', 'candle')).toEqual([{ e: 'candle', ...five, o: 101, h: 105, l: 101, c: 105, v: 5 }]);

  await market.apply({ trades: [[90, 1]] });
  await eventually(() => gateway.eventsTo('alice', 'candle').length === 2);
  market.skip(4 * 60_000); // 05:36
  await market.apply({ trades: [[95, 4]] });
  await eventually(
    () => gateway.eventsTo('alice', 'candle_close').length === 1 && gateway.eventsTo('alice', 'candle').length === 3,
  );
  expect(gateway.eventsTo('alice', 'candle', 'candle_close').slice(1)).toEqual([
    { e: 'candle', ...five, o: 101, h: 105, l: 90, c: 90, v: 6 },
    { e: 'candle_close', ...five, o: 101, h: 105, l: 90, c: 90, v: 6 },
    { e: 'candle', ...five, t: t + 240, o: 95, h: 95, l: 95, c: 95, v: 4 },
  ]);

  await registry.subscribe('bob', { main: 'TEST' });
  await eventually(() => gateway.eventsTo('bob', 'candle').at(-1)?.['tf'] === '1m');
  await market.advance(10 * 60_000); // nobody trades: the journal's time closes both
  await eventually(() => gateway.eventsTo('alice', 'candle_close').length === 2);
  await eventually(() => gateway.eventsTo('bob', 'candle_close').length === 2);
  await pause(TICKS_MS);
  expect(gateway.eventsTo('alice', 'candle_close').map(({ tf, t: start }) => [tf, start])).toEqual([
    ['5m', t - 60],
    ['5m', t + 240],
  ]);
  expect(gateway.eventsTo('bob', 'candle_close').map(({ tf, t: start }) => [tf, start])).toEqual([
    ['5m', t - 60],
    ['1m', t + 300],
  ]);
});
