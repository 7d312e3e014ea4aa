import { runScript, createValkey, type Valkey } from '@supernoba/runtime';
import { startValkey, type TestValkey } from '@supernoba/testing';
import {
  createKeys,
  marketDataApply,
  marketDataApplyArgs,
  marketDataKeys,
  marketDataReplace,
  marketDataReplaceArgs,
  type MarketDataApply,
  type MarketDataReplace,
} from '@supernoba/valkey-keys';
import { randomFrom } from './support/orders.js';

type Trade = MarketDataApply['trades'][number];
interface PlainCandle {
  t: number;
  o: number;
  h: number;
  l: number;
  c: number;
  v: bigint;
  n: number;
  q: number;
}

const MINUTE = 60_000;
/** Start of a minute, epoch ms. */
const T0 = 1_733_896_440_000;
const keys = createKeys();

/** The fold in plain words: what the cache must hold after every call. */
class PlainFold {
  open: PlainCandle | undefined;
  closed: PlainCandle[] = [];
  trades: Trade[] = [];
  q = 0;

  trade(trade: Trade): void {
    const [no, time, price, quantity] = trade;
    const t = Math.floor(time / MINUTE) * 60;
    if (this.open !== undefined && this.open.t < t) this.close();
    this.open ??= { t, o: price, h: price, l: price, c: price, v: 0n, n: 0, q: 0 };
    this.open.h = Math.max(this.open.h, price);
    this.open.l = Math.min(this.open.l, price);
    this.open.c = price;
    this.open.v += BigInt(quantity);
    this.open.n++;
    this.open.q = no;
    this.q = no;
    this.trades = [...this.trades, trade].slice(-1000);
  }

  passTime(time: number): void {
    if (this.open !== undefined && (this.open.t + 60) * 1000 <= time) this.close();
  }

  close(): void {
    this.closed.push(this.open!);
    this.open = undefined;
  }
}

let server: TestValkey;
let valkey: Valkey;

beforeAll(async () => {
  server = await startValkey();
  valkey = createValkey({ host: server.host, port: server.port, name: 'test' });
  await valkey.connect();
});
afterAll(async () => {
  valkey.disconnect();
  await server.stop();
});
beforeEach(() => valkey.flushall());

function apply(call: Partial<MarketDataApply>, symbol = 'TEST'): Promise<unknown> {
  const trades = call.trades ?? [];
  const args = marketDataApplyArgs({
    epoch: 1,
    seq: 1,
    q: trades.at(-1)?.[0] ?? 0,
    time: trades.at(-1)?.[1] ?? T0,
    depth: '{"e":"d"}',
    ticker: '',
    frameTtlS: 60,
    tradesTtlS: 86_400,
    maxTrades: 1000,
    trades,
    ...call,
  });
  return runScript(valkey, marketDataApply, marketDataKeys(keys, symbol), args);
}

function replaceWith(fold: PlainFold, call: Partial<MarketDataReplace> = {}, symbol = 'TEST'): Promise<unknown> {
  const args = marketDataReplaceArgs({
    epoch: 1,
    seq: 1,
    q: fold.q,
    time: fold.trades.at(-1)?.[1] ?? T0,
    depth: '{"e":"d"}',
    ticker: '',
    frameTtlS: 60,
    tradesTtlS: 86_400,
    candle: fold.open && hash(fold.open),
    closed: fold.closed.map((candle) => ({ t: candle.t, json: json(candle) })),
    trades: fold.trades.map((trade) => JSON.stringify(trade)),
    ...call,
  });
  return runScript(valkey, marketDataReplace, marketDataKeys(keys, symbol), args);
}

function hash({ t, o, h, l, c, v, n, q }: PlainCandle) {
  const text = { t, o, h, l, c, v, n, q };
  return Object.fromEntries(Object.entries(text).map(([name, value]) => [name, String(value)])) as Record<
    keyof PlainCandle,
    string
  >;
}

function json({ t, o, h, l, c, v, n, q }: PlainCandle): string {
  return JSON.stringify({ t, o, h, l, c, v: v <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(v) : String(v), n, q });
}

async function expectCache(fold: PlainFold, symbol = 'TEST'): Promise<void> {
  expect(await valkey.hgetall(keys.candle(symbol))).toEqual(fold.open === undefined ? {} : hash(fold.open));
  expect(await valkey.lrange(keys.closedCandles(symbol), 0, -1)).toEqual(fold.closed.map(json));
  expect(await valkey.lrange(keys.trades(symbol), 0, -1)).toEqual(fold.trades.map((trade) => JSON.stringify(trade)));
}

test.each([1, 2, 3, 4, 5])('random trades fold as in plain TypeScript, also after a flush (seed %i)', async (seed) => {
  const random = randomFrom(seed);
  const fold = new PlainFold();
  let time = T0;
  await replaceWith(fold);
  for (let call = 0, seq = 1; call < 60; call++, seq++) {
    const trades: Trade[] = [];
    // Repeats of trades that were applied before stand at the head of some calls.
    const repeats = random() < 0.3 ? fold.trades.slice(-1 - Math.floor(random() * 5)) : [];
    for (let i = Math.floor(random() * 40); i > 0; i--) {
      if (random() < 0.2) time += Math.floor(random() * 2 * MINUTE);
      const quantity = 1 + Math.floor(random() * 1e12);
      trades.push([fold.q + trades.length + 1, time, 1 + Math.floor(random() * 1e12), quantity, random() < 0.5]);
    }
    for (const trade of trades) fold.trade(trade);
    if (random() < 0.3) time += MINUTE;
    fold.passTime(time);
    if (random() < 0.1) await valkey.flushall();
    const answer = await apply({ trades: [...repeats, ...trades], time, seq, q: fold.q });
    if (answer !== 'OK') {
      expect(answer).toBe('GAP');
      expect(await replaceWith(fold, { seq, time })).toBe('OK');
    }
    await expectCache(fold);
  }
});

test('a minute volume beyond 2^53 stays exact and closes as a string', async () => {
  const fold = new PlainFold();
  await replaceWith(fold);
  for (let call = 0; call < 12; call++) {
    const first = call * 1000;
    const trades = Array.from({ length: 1000 }, (_, i): Trade => [first + i + 1, T0, 7, 999_999_999_999, true]);
    for (const trade of trades) fold.trade(trade);
    expect(await apply({ trades, seq: call + 1 })).toBe('OK');
  }
  expect(await valkey.hget('candle:1m:TEST', 'v')).toBe('11999999999988000');
  await apply({ q: 12_000, time: T0 + MINUTE, seq: 13 });
  fold.passTime(T0 + MINUTE);
  await expectCache(fold);
  expect(await valkey.lrange('candle:closed:1m:TEST', 0, -1)).toEqual([
    expect.stringContaining('"v":"11999999999988000"'),
  ]);
});

test.each([
  ['9007199254740991', 9_007_199_254_740_991n],
  ['"9007199254740992"', 9_007_199_254_740_992n],
])('a closed volume of %s', async (text, volume) => {
  const fold = new PlainFold();
  fold.trade([1, T0, 5, 1, true]);
  fold.open!.v = volume - 1n;
  await replaceWith(fold);
  await apply({ trades: [[2, T0, 5, 1, true]], q: 2, time: T0 + MINUTE });
  expect((await valkey.lrange('candle:closed:1m:TEST', 0, -1))[0]).toContain(`"v":${text},`);
});

test('a trade that is not the next one answers GAP and writes nothing', async () => {
  const fold = new PlainFold();
  fold.trade([1, T0, 5, 1, true]);
  await replaceWith(fold);
  expect(await apply({ trades: [[3, T0, 9, 1, true]], depth: 'new', seq: 2 })).toBe('GAP');
  expect(await apply({ q: 2, depth: 'new', seq: 2 })).toBe('GAP');
  await expectCache(fold);
  expect(await valkey.get('depth:TEST')).toBe('{"e":"d"}');
});

test('a flushed cache, a lost candle and a fence without its fields answer GAP', async () => {
  const fold = new PlainFold();
  fold.trade([1, T0, 5, 1, true]);
  expect(await apply({ trades: fold.trades })).toBe('GAP');
  await replaceWith(fold);
  await valkey.del('candle:1m:TEST');
  expect(await apply({ trades: [[2, T0, 9, 1, true]], seq: 2 })).toBe('GAP');
  await replaceWith(fold);
  await valkey.hdel('md:TEST', 'c');
  expect(await apply({ trades: [[2, T0, 9, 1, true]], seq: 2 })).toBe('GAP');
});

test('an older epoch is fenced off, a newer one must write absolute state first, an older seq is stale', async () => {
  const fold = new PlainFold();
  await replaceWith(fold, { epoch: 5, seq: 9 });
  expect(await apply({ epoch: 4, seq: 10, depth: 'old' })).toBe('FENCED');
  expect(await replaceWith(fold, { epoch: 4, seq: 10, depth: 'old' })).toBe('FENCED');
  expect(await apply({ epoch: 5, seq: 8, depth: 'old' })).toBe('STALE');
  expect(await replaceWith(fold, { epoch: 5, seq: 8, depth: 'old' })).toBe('STALE');
  expect(await apply({ epoch: 6, seq: 1, depth: 'old' })).toBe('GAP');
  expect(await valkey.get('depth:TEST')).toBe('{"e":"d"}');
  expect(await replaceWith(fold, { epoch: 6, seq: 1, depth: 'new' })).toBe('OK');
  expect(await valkey.get('depth:TEST')).toBe('new');
});

test('absolute state keeps closed candles that the backup may not have, without doubles and without later ones', async () => {
  const fold = new PlainFold();
  for (let i = 0; i < 6; i++) fold.trade([i + 1, T0 + i * MINUTE, 10 + i, 1, true]);
  await replaceWith(fold);
  // An engine that restarts two trades earlier, and holds only the last two closed candles.
  const earlier = new PlainFold();
  for (let i = 0; i < 4; i++) earlier.trade([i + 1, T0 + i * MINUTE, 10 + i, 1, true]);
  const all = earlier.closed;
  earlier.closed = all.slice(-2);
  await replaceWith(earlier, { epoch: 2 });
  expect(await valkey.lrange('candle:closed:1m:TEST', 0, -1)).toEqual(all.map(json));
  expect(await valkey.hget('candle:1m:TEST', 'q')).toBe('4');
  // It comes to the same state again.
  expect(await apply({ epoch: 2, trades: fold.trades.slice(4), seq: 2 })).toBe('OK');
  earlier.closed = all;
  await expectCache(fold);
});

test('without a closed or an open candle, absolute state drops only what has not happened yet', async () => {
  await valkey.rpush('candle:closed:1m:TEST', `{"t":${T0 / 1000 - 60}}`, `{"t":${T0 / 1000 + 60}}`);
  await replaceWith(new PlainFold());
  expect(await valkey.lrange('candle:closed:1m:TEST', 0, -1)).toEqual([`{"t":${T0 / 1000 - 60}}`]);
});

test('frames and trades live as long as they are told; an empty frame leaves the key alone', async () => {
  const fold = new PlainFold();
  await replaceWith(fold, { depth: 'first', ticker: 'first' });
  await apply({ trades: [[1, T0, 5, 1, true]], depth: '', ticker: 'second', frameTtlS: 60, tradesTtlS: 500 });
  expect(await valkey.get('depth:TEST')).toBe('first');
  expect(await valkey.get('ticker:TEST')).toBe('second');
  expect(await valkey.ttl('ticker:TEST')).toBeGreaterThan(55);
  expect(await valkey.ttl('trades:TEST')).toBeLessThanOrEqual(500);
});

test('the list of trades keeps the newest 1,000', async () => {
  const fold = new PlainFold();
  await replaceWith(fold);
  for (let call = 0; call < 3; call++) {
    const trades = Array.from({ length: 700 }, (_, i): Trade => [
      fold.q + i + 1,
      T0,
      1_000_000_000_000,
      1,
      i % 2 === 0,
    ]);
    for (const trade of trades) fold.trade(trade);
    await apply({ trades, seq: call + 1 });
  }
  await expectCache(fold);
  expect(await valkey.llen('trades:TEST')).toBe(1000);
});

// What a call costs is measured by `npm run bench -- market-data`.
test('one call applies 1,000 trades, sums above 1e15 included', async () => {
  const fold = new PlainFold();
  await replaceWith(fold);
  for (let call = 1; call <= 3; call++) {
    const trades = Array.from({ length: 1000 }, (_, i): Trade => {
      return [fold.q + i + 1, T0 + call * 1000 + i, 100_000_000_000 + (i % 97), 999_999_999_999, i % 2 === 0];
    });
    for (const trade of trades) fold.trade(trade);
    expect(await apply({ trades, seq: call })).toBe('OK');
  }
  await expectCache(fold);
  expect(Number(await valkey.hget('candle:1m:TEST', 'v'))).toBeGreaterThan(1e15);
});
