import {
  tradePartitions,
  type FillsAnswer,
  type OwnFill,
  type PublicTrade,
  type TradeRecord,
} from '@supernoba/protocol';
import { HistoryError, type Row, type Table } from './dynamo.js';
import { newestFirst, type FoundRow, type Source } from './newest-first.js';
import { timeBounds } from './order-reader.js';

/** A row of `trade_history`: one execution. */
export interface TradeRow extends TradeRecord {
  symbol: string;
}

export interface TimeRange {
  /** Epoch ms, both included. */
  from?: number;
  to?: number;
}

export interface FillQuery extends TimeRange {
  userId: string;
  symbol?: string;
  limit: number;
  cursor?: string;
}

export interface TradeQuery extends TimeRange {
  symbol: string;
  limit: number;
  /** Only trades below this key: `timeKey(timestamp, trade number)`. */
  before?: string;
}

export interface TradeReader {
  /** A page of a symbol's trades, newest first; `next` is the `before` of the page after. */
  newest(query: TradeQuery): Promise<{ trades: TradeRow[]; next?: string }>;
  /** A page of a user's executions, newest first; one with oneself is two of them. */
  fills(query: FillQuery): Promise<FillsAnswer>;
}

const BUYER = '#B';
const SELLER = '#S';

/** Reads `trade_history`. */
export function createTradeReader(table: Table): TradeReader {
  return {
    async newest({ symbol, limit, from, to, before }) {
      const sources = tradePartitions(symbol).map((value) => ({
        index: 'by_time',
        range: 'ts_no',
        hash: { name: 'pk', value },
      }));
      const request = { limit, ...timeBounds(from, to), ...(before === undefined ? {} : { before }) };
      const { rows, next } = await newestFirst(table, sources, request);
      return { trades: rows.map(({ row }) => toTradeRow(row)), ...(next === undefined ? {} : { next }) };
    },

    async fills({ userId, symbol, limit, from, to, cursor }) {
      const sources = tradePartitions(userId).flatMap((value): Source[] => [
        { index: 'by_buyer', range: 'ts_symbol', hash: { name: 'buyer_pk', value }, suffix: BUYER },
        { index: 'by_seller', range: 'ts_symbol', hash: { name: 'seller_pk', value }, suffix: SELLER },
      ]);
      const { rows, next } = await newestFirst(table, sources, {
        limit,
        ...timeBounds(from, to),
        ...(symbol === undefined ? {} : { where: { symbol } }),
        ...(cursor === undefined ? {} : { before: cursor }),
      });
      return { fills: rows.map(toFill), ...(next === undefined ? {} : { cursor: next }) };
    },
  };
}

/** A trade as public market data shows it. */
export function toPublicTrade({ trade_no, timestamp, price, quantity, taker_is_buy }: TradeRow): PublicTrade {
  return [trade_no, timestamp, price, quantity, taker_is_buy];
}

/** @throws HistoryError for a row that is no trade */
function toTradeRow(row: Row): TradeRow {
  for (const name of ['symbol', 'trade_no', 'timestamp', 'price', 'quantity', 'taker_is_buy']) {
    if (row[name] === undefined) throw new HistoryError(`a row of trade_history has no ${name}`);
  }
  return row as unknown as TradeRow;
}

function toFill({ suffix, row }: FoundRow): OwnFill {
  const trade = toTradeRow(row);
  const isBuy = suffix === BUYER;
  return {
    trade_id: trade.trade_id,
    symbol: trade.symbol,
    side: isBuy ? 'BUY' : 'SELL',
    order_id: isBuy ? trade.buyer_order_id : trade.seller_order_id,
    filled_qty: trade.quantity,
    filled_price: trade.price,
    timestamp: trade.timestamp,
    seq: trade.seq,
    is_maker: trade.taker_is_buy !== isBuy,
  };
}
