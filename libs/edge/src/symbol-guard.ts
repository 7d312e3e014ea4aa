import type { SymbolsAnswer } from '@supernoba/protocol';
import { SymbolState } from '@supernoba/protocol';
import { symbolProject, symbolsRestore } from '@supernoba/valkey-keys';
import type { Keys } from '@supernoba/valkey-keys';
import { EdgeError, unavailable } from './error.js';
import type { SymbolTable } from './symbol-table.js';
import { cachedAll, runScript } from './valkey.js';
import type { Valkey } from './valkey.js';

/**
 * Which symbols exist, out of `active:symbols` and `symbol:states`, which are projections of the table `symbols`: an absent
 * projection is restored from it. All methods reject with EdgeError UNAVAILABLE while neither can be read: that is never
 * told as "unknown symbol".
 */
export interface SymbolGuard {
  /** @throws EdgeError UNKNOWN_SYMBOL */
  stateOf(symbol: string): Promise<SymbolState>;
  /** Every symbol, in alphabetical order. An open one is halted or delisted where its book says so. */
  list(): Promise<SymbolsAnswer['symbols']>;
  /** Carries a change of the table over into the projection. */
  project(symbol: string, state: SymbolState): Promise<void>;
}

export interface SymbolGuardOptions {
  valkey: Valkey;
  keys: Keys;
  table: SymbolTable;
  /** Monotonic clock, ms. */
  now?: () => number;
}

/** An open symbol is taken for open this long; anything else is looked up each time, so that a resume shows at once. */
const OPEN_FOR_MS = 1_000;
const MAX_REMEMBERED = 1_000;

export function createSymbolGuard({
  valkey,
  keys,
  table,
  now = () => performance.now(),
}: SymbolGuardOptions): SymbolGuard {
  const projection = [keys.activeSymbols, keys.symbolStates];
  const openUntil = new Map<string, number>();

  let restoring: Promise<void> | undefined;
  const restore = (): Promise<void> => {
    restoring ??= restoreAll().finally(() => {
      restoring = undefined;
    });
    return restoring;
  };
  const restoreAll = async (): Promise<void> => {
    const rows = await table.all();
    if (rows.length === 0) throw unavailable('the list of symbols', new Error('no projection, and the table is empty'));
    // In one step: a part of the projection would make every symbol that it lacks unknown.
    const args = rows.flatMap(({ symbol, state }) => [symbol, state]);
    await runScript(valkey, symbolsRestore, projection, args);
  };

  const look = async (symbol: string): Promise<SymbolState | 'absent' | undefined> => {
    const [count, isActive, known] = await cachedAll(
      valkey
        .pipeline()
        .exists(keys.activeSymbols)
        .sismember(keys.activeSymbols, symbol)
        .hget(keys.symbolStates, symbol),
    );
    const state = toState(known);
    if (isActive === 1) return state ?? SymbolState.Open;
    if (state === SymbolState.Delisted) return state;
    return count === 0 ? 'absent' : undefined;
  };

  /** A market that halted by itself, or that an operator closed, is the engine's knowledge: its depth frames say so. */
  const asTheBooksSay = async (rows: SymbolsAnswer['symbols']): Promise<SymbolsAnswer['symbols']> => {
    const pipeline = valkey.pipeline();
    for (const { symbol } of rows) pipeline.get(keys.depth(symbol));
    const frames = await cachedAll(pipeline);
    return rows.map((row, index) => {
      const frame = frames[index];
      // No other field of the frame can hold this text: a symbol has no quote.
      const [, inBook] = (typeof frame === 'string' && /"state":"(halted|delisted)"/.exec(frame)) || [];
      return row.state === SymbolState.Open ? { ...row, state: toState(inBook) ?? row.state } : row;
    });
  };

  return {
    async stateOf(symbol) {
      const until = openUntil.get(symbol);
      if (until !== undefined && until > now()) return SymbolState.Open;
      let state = await look(symbol);
      if (state === 'absent') {
        await restore();
        state = await look(symbol);
      }
      if (state === undefined || state === 'absent') {
        throw new EdgeError('UNKNOWN_SYMBOL', `there is no symbol ${symbol}`, { details: { symbol } });
      }
      if (openUntil.size >= MAX_REMEMBERED) openUntil.clear();
      if (state === SymbolState.Open) openUntil.set(symbol, now() + OPEN_FOR_MS);
      else openUntil.delete(symbol);
      return state;
    },

    async list() {
      const read = () => cachedAll(valkey.pipeline().smembers(keys.activeSymbols).hgetall(keys.symbolStates));
      let [active, states] = (await read()) as [string[], Record<string, string>];
      if (active.length === 0) {
        await restore();
        [active, states] = (await read()) as [string[], Record<string, string>];
      }
      const delisted = Object.keys(states).filter((symbol) => states[symbol] === SymbolState.Delisted);
      const symbols = [...new Set([...active, ...delisted])].sort();
      return asTheBooksSay(symbols.map((symbol) => ({ symbol, state: toState(states[symbol]) ?? SymbolState.Open })));
    },

    async project(symbol, state) {
      openUntil.delete(symbol);
      const write = () => runScript(valkey, symbolProject, projection, [symbol, state]);
      if ((await write()) === 1) return;
      await restore();
      await write();
    },
  };
}

function toState(value: unknown): SymbolState | undefined {
  return Object.values(SymbolState).find((state) => state === value);
}
