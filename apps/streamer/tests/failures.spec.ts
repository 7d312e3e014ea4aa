import { eventually } from '@supernoba/testing';
import { connectionKeys, NotLocalError } from '@supernoba/valkey-keys';
import { forgetAnonymous } from '../src/forget-anonymous.js';
import { pause, setUp, type Stage, type StageOptions } from './support/stage.js';

let stage: Stage;
const start = async (options?: StageOptions) => (stage = await setUp(options));
afterEach(() => stage.close());

async function watching(id: string, userId: string, main = 'TEST'): Promise<void> {
  await stage.registry.connect(id, { userId });
  await stage.registry.subscribe(id, { main, sub: [main] });
}

test('a connection that is gone is cleaned from every key and never posted to again, others are served on', async () => {
  const { gateway, engine, valkey, keys } = await start();
  const market = engine('TEST');
  await market.begin();
  gateway.statusOf.set('gone', 410);
  await watching('gone', 'u1');
  await watching('alice', 'u2');
  await eventually(async () => (await stage.metric('streamer_cleaned_connections_total', { outcome: 'ok' })) === 1);
  for (const key of connectionKeys(keys, 'gone', 'u1').slice(0, 3)) expect(await valkey.exists(key)).toBe(0);
  expect(await valkey.smembers(keys.userConnections('u1'))).toEqual([]);
  for (const set of [keys.realtimeConnections, keys.mainSubscribers('TEST'), keys.subSubscribers('TEST')]) {
    expect(await valkey.smembers(set)).toEqual(['alice']);
  }
  // Somebody puts it back: it stays unposted.
  gateway.statusOf.delete('gone');
  await valkey.sadd(keys.mainSubscribers('TEST'), 'gone');
  await market.apply({ bid: 150 });
  await eventually(() => gateway.eventsTo('alice', 'd').length === 2);
  await pause(700);
  expect(gateway.messagesTo('gone')).toEqual([]);
  expect(await stage.metric('streamer_posts_total', { outcome: 'gone' })).toBe(1);
});

test.each([429, 500, 503, 403])(
  'after answers of %i the newest state is sent, not the one that failed',
  async (status) => {
    const { gateway, engine } = await start();
    const market = engine('TEST');
    await market.begin();
    gateway.statusOf.set('alice', status);
    await watching('alice', 'u1');
    for (let bid = 101; bid <= 120; bid++) {
      await market.apply({ bid, trades: [[100, 1]] });
      await pause(20);
    }
    expect(gateway.messagesTo('alice')).toEqual([]);
    gateway.statusOf.delete('alice');
    await eventually(() => gateway.eventsTo('alice', 'd').length === 1);
    expect(gateway.eventsTo('alice', 'd')[0]?.['b']).toEqual([[120, 10]]);
    expect((gateway.eventsTo('alice', 'trades')[0]?.['d'] as number[][]).map(([no]) => no)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    const outcome = status === 429 ? 'throttled' : 'refused';
    const tries = await stage.metric('streamer_posts_total', { outcome });
    expect(tries).toBeGreaterThan(0);
    expect(tries).toBeLessThan(12);
  },
);

test('a new anonymous subscriber whose first message failed does not wait for the slow loop', async () => {
  const { gateway, engine } = await start({ anonymousMs: 3_600_000 });
  await engine('TEST').begin();
  gateway.statusOf.set('guest', 500);
  await watching('guest', '');
  await eventually(async () => (await stage.metric('streamer_posts_total', { outcome: 'refused' })) > 0);
  gateway.statusOf.delete('guest');
  await eventually(() => gateway.eventsTo('guest', 'd').length === 1);
});

test('while the gateway is away the loops go on; when it is back everybody gets the newest state', async () => {
  const { gateway, engine } = await start();
  const market = engine('TEST');
  await market.begin();
  await watching('alice', 'u1');
  await watching('guest', '');
  await eventually(() => gateway.eventsTo('alice', 'd').length === 1 && gateway.eventsTo('guest', 'd').length === 1);
  const { port } = gateway;
  await gateway.close();
  await market.apply({ bid: 130 });
  await eventually(async () => (await stage.metric('streamer_gateway_up')) === 0);
  expect(await stage.metric('streamer_posts_total', { outcome: 'unreachable' })).toBeGreaterThan(0);
  await market.apply({ bid: 140 });
  await pause(1_500);
  expect(await stage.metric('streamer_posts_total', { outcome: 'unreachable' })).toBeLessThan(30);
  await gateway.listen(port);
  await eventually(() => gateway.eventsTo('alice', 'd').length === 2 && gateway.eventsTo('guest', 'd').length === 2);
  expect(gateway.eventsTo('guest', 'd')[1]?.['b']).toEqual([[140, 10]]);
  await market.apply({ bid: 150 });
  await eventually(async () => (await stage.metric('streamer_gateway_up')) === 1, { timeoutMs: 5_000 });
});

test('a gateway that never answers holds a place for the timeout only', async () => {
  const { gateway, engine } = await start({ timeoutMs: 300 });
  const market = engine('TEST');
  await market.begin();
  gateway.delayOf.set('mute', 60_000);
  await watching('mute', 'u1');
  await watching('alice', 'u2');
  await market.apply({ bid: 130 });
  await eventually(async () => (await stage.metric('streamer_posts_total', { outcome: 'unreachable' })) >= 2);
  expect(gateway.eventsTo('alice', 'd').at(-1)?.['b']).toEqual([[130, 10]]);
});

test('over an outage of the cache the loops go on, the market turns stale, and all heals without a restart', async () => {
  const { gateway, engine, server } = await start({ expireAfterMs: 800 });
  const market = engine('TEST');
  await market.begin();
  await watching('alice', 'u1');
  await eventually(() => gateway.eventsTo('alice', 'd').length === 1);
  expect(stage.streamer.isHealthy).toBe(true);
  await server.stop();
  await eventually(() => gateway.eventsTo('alice', 'status').length === 2);
  expect(stage.streamer.isHealthy).toBe(false);
  expect(await stage.metric('streamer_valkey_up')).toBe(0);

  await stage.restartCache(); // empty: the engine and the connections write themselves anew
  await engine('TEST', 2).begin({ bid: 170 });
  await watching('alice', 'u1');
  await eventually(() => gateway.eventsTo('alice', 'd').length === 2);
  expect(gateway.eventsTo('alice', 'status').map(({ state }) => state)).toEqual(['open', 'stale', 'open']);
  expect(gateway.eventsTo('alice', 'd')[1]?.['b']).toEqual([[170, 10]]);
  expect(stage.streamer.isHealthy).toBe(true);
});

test('an outage shorter than the life of market data is not noticed by clients', async () => {
  const { gateway, engine, valkey } = await start();
  await engine('TEST').begin();
  await watching('alice', 'u1');
  await eventually(() => gateway.eventsTo('alice', 'd').length === 1);
  expect(await valkey.call('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'yes')).toBe(1);
  await pause(600);
  await engine('TEST', 2).begin({ bid: 180 });
  await eventually(() => gateway.eventsTo('alice', 'd').length === 2);
  expect(gateway.eventsTo('alice', 'status').map(({ state }) => state)).toEqual(['open']);
});

test('keys that are not what they should be are counted, and every other symbol is served', async () => {
  const { gateway, engine, valkey, keys } = await start();
  for (const symbol of ['A', 'B', 'C', 'D']) await engine(symbol).begin();
  await valkey.del(keys.depth('A'));
  await valkey.hset(keys.depth('A'), 'not', 'a string');
  await valkey.set(keys.depth('B'), '{"e":"d","s":"OTHER"}');
  await valkey.set(keys.depth('C'), 'no JSON');
  await valkey.hset(keys.candle('D'), { o: 'x', t: '60' });
  await valkey.rpush(keys.trades('D'), 'nonsense');
  await valkey.hset(keys.marketData('D'), 'q', '1');
  for (const symbol of ['A', 'B', 'C', 'D']) await watching(`on-${symbol}`, 'u1', symbol);
  await valkey.sadd(keys.subscribedSymbols, 'not:a:symbol');
  await eventually(() => gateway.posted.length >= 3);
  await pause(300);
  expect(gateway.eventsTo('on-A')).toEqual([]);
  expect(gateway.eventsTo('on-B')).toEqual([{ e: 'status', s: 'B', state: 'stale' }]);
  expect(gateway.eventsTo('on-C')).toEqual([{ e: 'status', s: 'C', state: 'stale' }]);
  expect(gateway.eventsTo('on-D').map(({ e }) => e)).toEqual(['status', 'd']);
  expect(await stage.metric('streamer_bad_keys_total')).toBeGreaterThanOrEqual(4);
  expect(await stage.metric('streamer_ticks_total', { outcome: 'failed' })).toBe(0);
});

test('reads grow with the symbols, not with the connections', async () => {
  const { gateway, engine, valkey } = await start();
  await engine('TEST').begin();
  const ticks = () => stage.metric('streamer_ticks_total', { loop: 'fast', outcome: 'ok' });
  const calls = async () => {
    const stats = (await valkey.info('commandstats')).matchAll(
      /cmdstat_(get|hgetall|hget|smembers|lrange):calls=(\d+)/g,
    );
    return [...stats].reduce((sum, [, , count]) => sum + Number(count), 0);
  };
  /** Reads of one turn, at least: a turn may be under way at either end. */
  const readsATurn = async () => {
    const ticksBefore = await ticks();
    const callsBefore = await calls();
    await eventually(async () => (await ticks()) > ticksBefore + 20, { timeoutMs: 30_000 });
    return ((await calls()) - callsBefore) / ((await ticks()) - ticksBefore + 1);
  };
  await watching('first', 'u');
  await eventually(() => gateway.posted.length === 1);
  expect(await readsATurn()).toBeLessThanOrEqual(9); // 3 for all, 6 a symbol
  for (let index = 0; index < 100; index++) await watching(`c${index}`, index % 2 ? 'u' : '');
  await eventually(() => gateway.posted.length === 101);
  expect(await readsATurn()).toBeLessThanOrEqual(9);
});

test('at most so many messages are under way at a time', async () => {
  const { gateway, engine } = await start();
  await engine('TEST').begin();
  for (let index = 0; index < 200; index++) {
    gateway.delayOf.set(`c${index}`, 50);
    await watching(`c${index}`, 'u');
  }
  await eventually(() => gateway.posted.length === 200);
  expect(gateway.maxInFlight).toBeLessThanOrEqual(128);
  expect(gateway.maxInFlightOfOne).toBe(1);
});

test('the end of the server is told to every connection, and nothing after it', async () => {
  const { gateway, engine } = await start();
  const market = engine('TEST');
  await market.begin();
  await watching('alice', 'u1');
  await watching('guest', '');
  await eventually(() => gateway.posted.length >= 2);
  await market.apply({ bid: 190 });
  await stage.streamer.stop();
  for (const id of ['alice', 'guest']) expect(gateway.eventsTo(id).at(-1)).toEqual({ e: 'serverShutdown', in: 1000 });
  const count = gateway.posted.length;
  await market.apply({ bid: 191 });
  await pause(700);
  expect(gateway.posted.length).toBe(count);
});

test('forgetting anonymous connections leaves the logged-in ones, the market and foreign keys', async () => {
  const { engine, registry, valkey, keys, streamer } = await start();
  await streamer.stop();
  await engine('TEST').begin();
  await watching('alice', 'u1');
  await watching('guest1', '');
  await watching('guest2', '', 'OTHER');
  await registry.connect('guest3');
  await valkey.sadd(keys.mainSubscribers('TEST'), 'leftover'); // its own keys have expired
  await valkey.set('ws:a key of somebody else', '1');
  const before = await valkey.hgetall(keys.marketData('TEST'));
  expect(await forgetAnonymous(valkey, keys, '127.0.0.1')).toBe(4);
  expect((await valkey.keys('*')).sort()).toEqual(
    [
      keys.connection('alice'),
      keys.connectionMain('alice'),
      keys.connectionSub('alice'),
      keys.depth('TEST'),
      keys.mainSubscribers('TEST'),
      keys.marketData('TEST'),
      keys.realtimeConnections,
      keys.subSubscribers('TEST'),
      keys.subscribedSymbols,
      keys.userConnections('u1'),
      'ws:a key of somebody else',
    ].sort(),
  );
  expect(await valkey.smembers(keys.subscribedSymbols)).toEqual(['TEST']);
  expect(await valkey.smembers(keys.mainSubscribers('TEST'))).toEqual(['alice']);
  expect(await valkey.hgetall(keys.marketData('TEST'))).toEqual(before);
  await expect(forgetAnonymous(valkey, keys, 'cache.example.com')).rejects.toThrow(NotLocalError);
});
