import { candleToChart, DEFAULT_DAY_OFFSET_MIN } from '@supernoba/candles';
import {
  EdgeError,
  httpHandler,
  notFound,
  unavailable,
  type HttpOptions,
  type SymbolGuard,
  type SymbolTable,
} from '@supernoba/edge';
import { MarketHistoryError } from '@supernoba/market-history';
import type { ChartAnswer } from '@supernoba/protocol';
import { readChartQuery, type ChartQuery } from './chart-query.js';
import { readSeries, type ChartStores } from './series.js';

export interface ChartDeps extends ChartStores, HttpOptions {
  guard: SymbolGuard;
  table: SymbolTable;
}

/** `GET /chart`: one ascending series of candles out of the cache (hot) and the table (cold). */
export function createHandler({ guard, table, corsOrigins, log, ...stores }: ChartDeps) {
  /** Only the day begins at another time than UTC says, and only the journalled configuration knows when. */
  const dayOffset = async ({ symbol, interval }: ChartQuery): Promise<number> => {
    const row = interval === '1d' ? await table.get(symbol) : undefined;
    return row?.config.day_offset_min ?? DEFAULT_DAY_OFFSET_MIN;
  };

  return httpHandler(
    async (request) => {
      if (request.method !== 'GET' || request.segments.join('/') !== 'chart') throw notFound(request);
      const query = readChartQuery(request);
      await guard.stateOf(query.symbol);
      try {
        const series = await readSeries(stores, query, () => dayOffset(query));
        const body: ChartAnswer = { symbol: query.symbol, interval: query.interval, data: series.map(candleToChart) };
        return { status: 200, body };
      } catch (error) {
        if (error instanceof EdgeError) throw error;
        const isOurs = error instanceof MarketHistoryError;
        throw unavailable(isOurs ? `the candles of ${query.symbol}` : 'the table of candles', error);
      }
    },
    { corsOrigins, log },
  );
}
