import { candleToHash, foldTrades, INTERVAL_SECONDS, type TradeRow } from '@supernoba/candles';
import { runScript } from '@supernoba/runtime';
import { eventually } from '@supernoba/testing';
import {
  closedCandlesTrim,
  closedCandlesTrimArgs,
  closedCandlesTrimKeys,
  ROLLUP_INTERVALS,
  rollupKey,
} from '@supernoba/valkey-keys';
import { START_MS, type TestEngine } from './support/market.js';
import { setUp, type Stage } from './support/stage.js';

let stage: Stage;
const rows: TradeRow[] = [];
let engine: TestEngine;
beforeEach(async () => {
  stage = await setUp();
  rows.length = 0;
  engine = stage.engine('TEST');
  await engine.begin();
  await stage.valkey.sadd(stage.keys.activeSymbols, 'TEST');
});
afterEach(() => stage.close());

async function trade(price: number): Promise<void> {
  rows.push([rows.length + 1, engine.timeMs, price, 1]);
  await engine.apply({ trades: [[price, 1]] });
}

/** What the cache must hold: the last candle of the fold of all trades, unless the journal's time has passed its end. */
function expected() {
  return Object.fromEntries(
    ROLLUP_INTERVALS.map((interval) => {
      const last = foldTrades(rows, interval).at(-1);
      const isOver = last === undefined || (last.t + INTERVAL_SECONDS[interval]) * 1000 <= engine.timeMs;
      return [interval, isOver ? {} : candleToHash(last)];
    }),
  );
}

async function held() {
  const { valkey, keys } = stage;
  const pairs = ROLLUP_INTERVALS.map(async (interval) => [
    interval,
    await valkey.hgetall(rollupKey(keys, interval, 'TEST')),
  ]);
  return Object.fromEntries(await Promise.all(pairs)) as object;
}

const isRight = async () => {
  const [is, shouldBe] = [await held(), expected()];
  return expect(is).toEqual(shouldBe);
};

/** The check until it holds; its own words where it never does. */
async function expectRight(): Promise<void> {
  await eventually(async () => {
    try {
      await isRight();
      return true;
    } catch {
      return false;
    }
  }).catch(isRight);
}

async function backUp(): Promise<void> {
  const { valkey, keys } = stage;
  const closed = await valkey.lrange(keys.closedCandles('TEST'), 0, -1);
  await runScript(valkey, closedCandlesTrim, closedCandlesTrimKeys(keys, 'TEST'), closedCandlesTrimArgs(closed));
}

test('3m to 30m are the fold of the trades at every step, also when nobody watches the symbol', async () => {
  for (let minute = 0; minute < 36; minute++) {
    await trade(100 + ((minute * 7) % 11));
    if (minute % 3 === 0) await trade(90 + minute);
    if (minute % 5 === 0) await expectRight();
    if (minute % 10 === 9) await backUp();
    engine.skip(minute % 4 === 0 ? 125_000 : 60_000);
  }
  await expectRight();
});

test('a candle closes when the journal says that its time is over, and an idle one stays until then', async () => {
  await trade(100);
  await engine.advance(60_000); // the minute closes, nobody trades
  await expectRight();
  expect(await held()).toMatchObject({ '3m': { v: '1' }, '30m': { v: '1' } });
  await engine.advance(5 * 60_000); // 05:37: 3m and 5m are over, 15m and 30m are not
  await expectRight();
  expect(await held()).toMatchObject({ '3m': {}, '5m': {}, '15m': { v: '1' }, '30m': { v: '1' } });
});

test('a backup that is late leaves them right: more closed candles than a roll-up reads', async () => {
  await trade(100);
  await engine.advance(60_000);
  await backUp();
  await stage.streamer.stop();
  for (let minute = 0; minute < 40; minute++) {
    await trade(100 + minute);
    engine.skip(60_000);
  }
  await trade(7);
  stage.streamer.start();
  await expectRight();
});

test('a streamer that starts anew goes on from what was backed up and trimmed meanwhile', async () => {
  for (let minute = 0; minute < 12; minute++) {
    await trade(100 + minute);
    engine.skip(60_000);
  }
  await stage.streamer.stop();
  await trade(80);
  await engine.advance(60_000);
  await backUp();
  expect(await stage.valkey.llen(stage.keys.closedCandles('TEST'))).toBe(0);
  await trade(130);
  for (const interval of ROLLUP_INTERVALS) await stage.valkey.del(rollupKey(stage.keys, interval, 'TEST'));
  stage.streamer.start();
  await expectRight();
  expect(await held()).toMatchObject({
    '30m': { o: '100', h: '130', l: '80', n: '14', t: String(START_MS / 1000 - 60) },
  });
});

test('a flushed cache gets them back once the engine has written its own', async () => {
  await trade(100);
  await expectRight();
  await stage.valkey.flushall();
  await stage.valkey.sadd(stage.keys.activeSymbols, 'TEST');
  engine = stage.engine('TEST', 2);
  rows.length = 0;
  await engine.begin();
  await trade(70);
  await expectRight();
});

test('a streamer that is behind does not overwrite what a later one wrote', async () => {
  await trade(100);
  await expectRight();
  await stage.streamer.stop();
  await stage.valkey.hset(stage.keys.marketData('TEST'), { rt: String(engine.timeMs + 1) });
  await stage.valkey.hset(rollupKey(stage.keys, '5m', 'TEST'), { c: '7' });
  stage.streamer.start();
  await eventually(async () => (await stage.metric('streamer_rollups_total', { outcome: 'outdated' })) > 0);
  expect(await stage.valkey.hget(rollupKey(stage.keys, '5m', 'TEST'), 'c')).toBe('7');
});
