import type { Fill } from '@supernoba/orderbook';
import { tradeId, tradeKeys } from '@supernoba/protocol';
import type { BackoffPorts, Lifetime } from '../backoff.js';
import type { BatchOutput } from '../matching/output.js';
import type { DynamoPort, Item } from '../ports.js';
import type { Destination } from './destination.js';
import { TableWriter } from './table-writer.js';

interface Execution {
  symbol: string;
  fill: Fill;
}

/** Every execution as a row of `trade_history`. The key is symbol and trade number: a repeat writes the same row. */
export class TradeHistory implements Destination {
  readonly name = 'trade-history';
  readonly #writer: TableWriter<Execution>;

  constructor(table: string, dynamo: DynamoPort, ports: BackoffPorts, life: Lifetime) {
    this.#writer = new TableWriter(this.name, table, ({ symbol, fill }) => tradeRow(symbol, fill), dynamo, ports, life);
  }

  publish(batch: BatchOutput): Promise<void> {
    const all: Execution[] = [];
    for (const { symbol, executions } of batch.symbols.values()) {
      for (const fill of executions) all.push({ symbol, fill });
    }
    return this.#writer.write(all);
  }
}

/** The row of one execution: shape of `TABLES.tradeHistory`. */
export function tradeRow(symbol: string, fill: Fill): Item {
  const { tradeNo, timestamp, takerIsBuy } = fill;
  const buyerUserId = takerIsBuy ? fill.takerUserId : fill.makerUserId;
  const sellerUserId = takerIsBuy ? fill.makerUserId : fill.takerUserId;
  // Field by field: with whole objects spread into it a row took forty times as long.
  const keys = tradeKeys(symbol, { tradeNo, timestamp, buyerUserId, sellerUserId });
  return {
    pk: keys.pk,
    trade_no: keys.trade_no,
    ts_no: keys.ts_no,
    ts_symbol: keys.ts_symbol,
    buyer_pk: keys.buyer_pk,
    seller_pk: keys.seller_pk,
    symbol,
    trade_id: tradeId(symbol, tradeNo),
    seq: fill.seq,
    timestamp,
    price: fill.price,
    quantity: fill.quantity,
    taker_is_buy: takerIsBuy,
    buyer_order_id: takerIsBuy ? fill.takerOrderId : fill.makerOrderId,
    buyer_user_id: buyerUserId,
    seller_order_id: takerIsBuy ? fill.makerOrderId : fill.takerOrderId,
    seller_user_id: sellerUserId,
  };
}
