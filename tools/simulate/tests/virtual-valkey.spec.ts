import { createValkey, runScript, type Valkey } from '@supernoba/runtime';
import { startValkey, type TestValkey } from '@supernoba/testing';
import {
  createKeys,
  marketDataApply,
  marketDataApplyArgs,
  marketDataKeys,
  marketDataReplace,
  marketDataReplaceArgs,
  snapshotCopy,
  type ValkeyScript,
} from '@supernoba/valkey-keys';
import { Random } from '../src/random.js';
import { LuaRunner } from '../src/world/lua.js';
import { VirtualValkey } from '../src/world/valkey.js';

const CALLS = 400;
const SYMBOLS = ['AAA', 'BBB', 'C.C-C'];
/** Largest price and quantity: their sums pass 2^53. */
const MOST = 1e12;

let server: TestValkey;
let real: Valkey;
let virtual: VirtualValkey;

beforeAll(async () => {
  server = await startValkey();
  real = createValkey({ host: server.host, port: server.port, name: 'simulate-test' });
  await real.connect();
  virtual = new VirtualValkey(await LuaRunner.create(), () => 0);
});

afterAll(async () => {
  real.disconnect();
  await server.stop();
});

interface Call {
  script: ValkeyScript;
  keys: string[];
  args: (string | number)[];
}

/** Calls as one engine makes them after the other, and as none should: gaps, repeats, old epochs, other states. */
class CallMaker {
  readonly #state = new Map(SYMBOLS.map((symbol) => [symbol, { epoch: 1, seq: 0, q: 0, time: 1_767_539_000_000 }]));

  constructor(private readonly random: Random) {}

  next(): Call {
    const { random } = this;
    const symbol = random.pick(SYMBOLS);
    const roll = random.next();
    if (roll < 0.15) return this.#replace(symbol);
    if (roll < 0.25) return this.#copy(symbol);
    return this.#apply(symbol);
  }

  #move(symbol: string): { epoch: number; seq: number; q: number; time: number } {
    const { random } = this;
    const state = this.#state.get(symbol)!;
    if (random.chance(0.05)) state.epoch++;
    state.seq += random.integer(0, 3);
    state.time += random.chance(0.1) ? random.integer(1, 200_000) : random.integer(0, 900);
    return state;
  }

  /** What a call says: mostly what is so. */
  #said(state: { epoch: number; seq: number }): { epoch: number; seq: number } {
    const { random } = this;
    return {
      epoch: state.epoch - (random.chance(0.1) ? random.integer(0, 2) : 0),
      seq: Math.max(0, state.seq - (random.chance(0.1) ? random.integer(1, 5) : 0)),
    };
  }

  #number(): number {
    return this.random.chance(0.3) ? MOST - this.random.integer(0, 9) : this.random.integer(1, 500);
  }

  #apply(symbol: string): Call {
    const { random } = this;
    const state = this.#move(symbol);
    const count = random.chance(0.03) ? random.integer(200, 450) : random.integer(0, 5);
    const from = state.q + 1 + (random.chance(0.1) ? random.integer(-3, 2) : 0);
    const trades = Array.from({ length: count }, (_, index) => {
      state.time += random.chance(0.05) ? random.integer(0, 70_000) : random.integer(0, 20);
      return [from + index, state.time, this.#number(), this.#number(), random.chance(0.5)] as const;
    });
    const q = Math.max(0, from + count - 1 + (random.chance(0.05) ? 1 : 0));
    state.q = Math.max(state.q, q);
    const args = marketDataApplyArgs({
      ...this.#said(state),
      q,
      time: state.time,
      depth: random.chance(0.9) ? `{"u":${state.seq}}` : '',
      ticker: random.chance(0.5) ? `{"p":${this.#number()}}` : '',
      frameTtlS: 60,
      tradesTtlS: 86_400,
      maxTrades: random.pick([5, 1_000]),
      trades,
    });
    return { script: marketDataApply, keys: marketDataKeys(createKeys(), symbol), args };
  }

  #replace(symbol: string): Call {
    const { random } = this;
    const state = this.#move(symbol);
    const minute = Math.floor(state.time / 60_000) * 60;
    const text = () => String(this.#number());
    const candle = {
      o: text(),
      h: text(),
      l: text(),
      c: text(),
      v: String(MOST ** 2 % 1e17),
      t: String(minute),
      n: '3',
      q: String(state.q),
    };
    const closed = Array.from({ length: random.integer(0, 4) }, (_, index) => {
      const t = minute - 60 * (4 - index);
      return { t, json: `{"t":${t},"o":1,"h":1,"l":1,"c":1,"v":1,"n":1,"q":1}` };
    });
    const args = marketDataReplaceArgs({
      ...this.#said(state),
      q: state.q,
      time: state.time,
      depth: `{"u":${state.seq}}`,
      ticker: random.chance(0.8) ? '{"p":1}' : '',
      frameTtlS: 60,
      tradesTtlS: 86_400,
      candle: random.chance(0.7) ? candle : undefined,
      closed,
      trades: Array.from({ length: random.integer(0, 300) }, (_, index) => `[${index},1,2,3,true]`),
    });
    return { script: marketDataReplace, keys: marketDataKeys(createKeys(), symbol), args };
  }

  #copy(symbol: string): Call {
    const { epoch, seq } = this.#said(this.#move(symbol));
    return {
      script: snapshotCopy,
      keys: [createKeys().snapshot(symbol), `snap:${symbol}`],
      args: [`state ${seq}`, epoch, seq],
    };
  }
}

async function contentsOfReal(): Promise<Map<string, unknown>> {
  const contents = new Map<string, unknown>();
  for (const key of (await real.keys('*')).sort()) contents.set(key, await valueOfReal(key));
  return contents;
}

async function valueOfReal(key: string): Promise<unknown> {
  switch (await real.type(key)) {
    case 'string':
      return real.get(key);
    case 'hash':
      return new Map(Object.entries(await real.hgetall(key)).sort());
    case 'list':
      return real.lrange(key, 0, -1);
    default:
      throw new Error(`${key} is of another type`);
  }
}

function contentsOfVirtual(): Map<string, unknown> {
  const entries = [...virtual.copy()].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(entries.map(([key, { value }]) => [key, value instanceof Map ? new Map([...value].sort()) : value]));
}

const seed = Number(process.env['SEED'] ?? 20_261_127);

test(`scripts leave the same keys in the virtual Valkey as in a real one (SEED=${seed})`, async () => {
  const random = new Random(seed);
  const calls = new CallMaker(random);
  const answers = new Map<unknown, number>();
  let compared = 0;
  for (let count = 0; count < CALLS; count++) {
    if (random.chance(0.01)) {
      await real.flushall();
      virtual.flush();
    }
    const { script, keys, args } = calls.next();
    const answer = await runScript(real, script, keys, args);
    expect(virtual.run(script, keys, args)).toBe(answer);
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
    if (count % 10 !== 9) continue;
    const contents = await contentsOfReal();
    expect(contentsOfVirtual()).toEqual(contents);
    compared += contents.size;
  }
  // A run that never got past a fence, or never met one, shows nothing.
  expect([...answers.keys()].sort()).toEqual(['FENCED', 'GAP', 'OK', 'STALE']);
  expect(answers.get('OK')).toBeGreaterThan(CALLS / 4);
  expect(compared).toBeGreaterThan(CALLS / 2);
}, 60_000);

test('keys live as long in the virtual Valkey as in a real one', async () => {
  for (const key of await real.keys('*')) {
    const left = await real.pttl(key);
    const wanted = Number(virtual.command('PTTL', [key]));
    // The real one's time has gone on.
    if (left === -1) expect(wanted).toBe(-1);
    else expect(wanted - left).toBeLessThan(60_000);
  }
});

test('a key is gone when its time is over', async () => {
  let now = 0;
  const valkey = new VirtualValkey(await LuaRunner.create(), () => now);
  valkey.command('SET', ['k', 'v', 'EX', '60']);
  now = 59_999;
  expect(valkey.command('GET', ['k'])).toBe('v');
  now = 60_000;
  expect(valkey.command('GET', ['k'])).toBe(false);
});

test('a script that makes a global variable fails, as on the server', async () => {
  const script = { name: 'globals', numberOfKeys: 0, lua: 'leaked = 1' };
  await expect(runScript(real, script, [], [])).rejects.toThrow();
  expect(() => virtual.run(script, [], [])).toThrow('global variable leaked');
});
