import { DEFAULT_DAY_OFFSET_MIN } from '@supernoba/candles';
import type { ErrorLog, SymbolTable } from '@supernoba/edge';
import { rollUpCandles, type RollupDeps } from '@supernoba/market-history';

export interface RollupHandlerDeps extends RollupDeps {
  table: SymbolTable;
  log: ErrorLog;
}

/** What a run did, over all symbols. */
export interface RollupAnswer {
  symbols: number;
  /** Candles stored, all intervals together. */
  stored: number;
}

/** Symbols that are worked on at a time. */
const MAX_PARALLEL = 8;

/**
 * The scheduled run: rolls up what has been backed up of every symbol. A symbol that fails holds no other up; the run then
 * fails as a whole, so that the schedule's alarm rings.
 *
 * @throws AggregateError with the failure of each symbol
 */
export function createHandler({ table, log, ...deps }: RollupHandlerDeps): () => Promise<RollupAnswer> {
  return async () => {
    const symbols = await table.all();
    const waiting = [...symbols];
    const failures: unknown[] = [];
    let stored = 0;
    const work = async (): Promise<void> => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
        try {
          const done = await rollUpCandles(deps, one.symbol, one.config.day_offset_min ?? DEFAULT_DAY_OFFSET_MIN);
          stored += done;
        } catch (error) {
          log(`${one.symbol}: candles were not rolled up`, error);
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: MAX_PARALLEL }, work));
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} symbols were not rolled up`);
    return { symbols: symbols.length, stored };
  };
}
