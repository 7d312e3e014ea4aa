import { marshall } from '@aws-sdk/util-dynamodb';
import { PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tradeId, tradeKeys, type OrderStatusEvent } from '@supernoba/protocol';
import type { Table, TradeRow } from '../src/index.js';

export const START = 1_733_896_438_000;

export const at = (client: DynamoDBClient, name: string): Table => ({ dynamo: () => Promise.resolve(client), name });

/** A status of alice's buy order `o-1` of TEST; what is given differs. */
export function status(seq: number, name: OrderStatusEvent['status'], more: Partial<OrderStatusEvent> = {}) {
  const event: OrderStatusEvent = {
    event: 'ORDER_STATUS',
    symbol: 'TEST',
    seq,
    n: seq,
    order_id: 'o-1',
    user_id: 'alice',
    status: name,
    timestamp: START + seq,
    is_buy: true,
    order_type: 'LIMIT',
    price: 150,
    quantity: 10,
    filled: 0,
    open: 10,
    ...more,
  };
  return event;
}

/** Trade `no` of a symbol, alice buying of bob, a millisecond a trade; what is given differs. */
export function trade(symbol: string, no: number, more: Partial<TradeRow> = {}): TradeRow {
  return {
    symbol,
    trade_id: tradeId(symbol, no),
    trade_no: no,
    seq: 3 * no,
    timestamp: START + no,
    price: 100 + no,
    quantity: no,
    taker_is_buy: true,
    buyer_order_id: `b-${no}`,
    buyer_user_id: 'alice',
    seller_order_id: `s-${no}`,
    seller_user_id: 'bob',
    ...more,
  };
}

export async function putTrades(client: DynamoDBClient, trades: readonly TradeRow[]): Promise<void> {
  for (const row of trades) {
    const { trade_no: tradeNo, timestamp, buyer_user_id: buyerUserId, seller_user_id: sellerUserId } = row;
    const keys = tradeKeys(row.symbol, { tradeNo, timestamp, buyerUserId, sellerUserId });
    await client.send(new PutItemCommand({ TableName: 'trade_history', Item: marshall({ ...row, ...keys }) }));
  }
}
