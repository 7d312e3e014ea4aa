import type { ErrorLog, SymbolTable } from '@supernoba/edge';
import { backUpCandles, backUpTrades, type CandleBackupDeps, type CandleBackupResult } from '@supernoba/market-history';

export interface BackupDeps extends CandleBackupDeps {
  table: SymbolTable;
  log: ErrorLog;
}

/** What a run did, over all symbols. */
export interface BackupAnswer {
  symbols: number;
  candles: CandleBackupResult;
  /** Trades added to the archive. */
  trades: number;
}

/** Symbols that are worked on at a time. */
const MAX_PARALLEL = 8;

/**
 * The scheduled run: closed candles and trades of every symbol into the archive and the table. A symbol that fails keeps
 * what it has in the cache and holds no other up; the run then fails as a whole, so that the schedule's alarm rings.
 *
 * @throws AggregateError with the failure of each symbol
 */
export function createHandler({ table, log, ...deps }: BackupDeps): () => Promise<BackupAnswer> {
  return async () => {
    const symbols = (await table.all()).map(({ symbol }) => symbol);
    const answer: BackupAnswer = {
      symbols: symbols.length,
      candles: { stored: 0, rederived: 0, trimmed: 0 },
      trades: 0,
    };
    const failures: unknown[] = [];
    const attempt = async (symbol: string, what: string, run: () => Promise<void>): Promise<void> => {
      try {
        await run();
      } catch (error) {
        log(`${symbol}: ${what} were not backed up`, error);
        failures.push(error);
      }
    };
    const waiting = [...symbols];
    const work = async (): Promise<void> => {
      for (let symbol = waiting.shift(); symbol !== undefined; symbol = waiting.shift()) {
        const one = symbol;
        await attempt(one, 'candles', async () => {
          const done = await backUpCandles(deps, one);
          answer.candles.stored += done.stored;
          answer.candles.rederived += done.rederived;
          answer.candles.trimmed += done.trimmed;
        });
        await attempt(one, 'trades', async () => {
          const added = await backUpTrades(deps, one);
          answer.trades += added;
        });
      }
    };
    await Promise.all(Array.from({ length: MAX_PARALLEL }, work));
    if (failures.length > 0) {
      throw new AggregateError(failures, `the backup failed ${failures.length} times: ${firstMessage(failures)}`);
    }
    return answer;
  };
}

function firstMessage([first]: readonly unknown[]): string {
  return first instanceof Error ? first.message : String(first);
}
