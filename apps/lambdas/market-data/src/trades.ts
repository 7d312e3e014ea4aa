import { cachedAll, unavailable, type Paging, type Valkey } from '@supernoba/edge';
import { toPublicTrade, type TradeReader } from '@supernoba/history';
import { RECENT_TRADES, timeKey, type PublicTrade } from '@supernoba/protocol';
import type { Keys } from '@supernoba/valkey-keys';

export interface TradesDeps {
  valkey: Valkey;
  keys: Keys;
  history: Pick<TradeReader, 'newest'>;
}

interface TradesPage {
  rows: PublicTrade[];
  /** Place of the page after; absent on the last one. */
  next?: string;
}

/**
 * Trades of a symbol, newest first: as far as the cache reaches (its newest 1,000) from there, what is older from the history.
 * The cut lies between two trade numbers, so that none is missing or doubled.
 */
export function createTradesReader({ valkey, keys, history }: TradesDeps) {
  const older = async (symbol: string, page: Paging, before: string | undefined): Promise<TradesPage> => {
    const { cursor: _, ...range } = page;
    try {
      const { trades, next } = await history.newest({ symbol, ...range, ...(before === undefined ? {} : { before }) });
      return { rows: trades.map(toPublicTrade), ...(next === undefined ? {} : { next }) };
    } catch (error) {
      throw unavailable('the history of trades', error);
    }
  };

  return async (symbol: string, page: Paging): Promise<TradesPage> => {
    const { limit, from, to, cursor } = page;
    const reads = valkey.pipeline().lrange(keys.trades(symbol), -RECENT_TRADES, -1).hget(keys.marketData(symbol), 'q');
    const [list, lastNo] = (await cachedAll(reads)) as [string[], string | null];
    const recent = list.map((json) => JSON.parse(json) as PublicTrade).reverse();
    const wanted = recent.filter(
      (trade) =>
        (from === undefined || trade[1] >= from) &&
        (to === undefined || trade[1] <= to) &&
        (cursor === undefined || placeOf(trade) < cursor),
    );
    if (wanted.length > limit) return { rows: wanted.slice(0, limit), next: placeOf(wanted[limit - 1]!) };
    const oldest = recent.at(-1);
    if (lastNo === '0' || (oldest !== undefined && (oldest[0] === 1 || oldest[1] < (from ?? 0))))
      return { rows: wanted };
    if (wanted.length === limit) return { rows: wanted, next: placeOf(wanted[limit - 1]!) };
    const seam = oldest === undefined ? cursor : lower(placeOf(oldest), cursor);
    const { rows, next } = await older(symbol, { ...page, limit: limit - wanted.length }, seam);
    return { rows: [...wanted, ...rows], ...(next === undefined ? {} : { next }) };
  };
}

function placeOf([no, time]: PublicTrade): string {
  return timeKey(time, no);
}

function lower(place: string, other: string | undefined): string {
  return other !== undefined && other < place ? other : place;
}
