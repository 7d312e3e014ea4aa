import type { Fill } from '@supernoba/orderbook';
import { tradeId, tradeKeys } from '@supernoba/protocol';
import type { BackoffPorts, Lifetime } from '../backoff.js';
import type { BatchOutput } from '../matching/output.js';
import type { DynamoPort, Item } from '../ports.js';
import type { Destination } from './destination.js';
import { TableWriter } from './table-writer.js';

/** Every execution as a row of `trade_history`. The key is symbol and trade number: a repeat writes the same row. */
export class TradeHistory implements Destination {
  readonly name = 'trade-history';
  readonly #writer: TableWriter;

  constructor(table: string, dynamo: DynamoPort, ports: BackoffPorts, life: Lifetime) {
    this.#writer = new TableWriter(this.name, table, dynamo, ports, life);
  }

  publish(batch: BatchOutput): Promise<void> {
    const rows: Item[] = [];
    for (const { symbol, executions } of batch.symbols.values()) {
      for (const execution of executions) rows.push(tradeRow(symbol, execution));
    }
    return this.#writer.write(rows);
  }
}

/** The row of one execution: shape of `TABLES.tradeHistory`. */
export function tradeRow(symbol: string, fill: Fill): Item {
  const maker = { order: fill.makerOrderId, user: fill.makerUserId };
  const taker = { order: fill.takerOrderId, user: fill.takerUserId };
  const [buyer, seller] = fill.takerIsBuy ? [taker, maker] : [maker, taker];
  return {
    ...tradeKeys(symbol, { ...fill, buyerUserId: buyer.user, sellerUserId: seller.user }),
    symbol,
    trade_id: tradeId(symbol, fill.tradeNo),
    seq: fill.seq,
    timestamp: fill.timestamp,
    price: fill.price,
    quantity: fill.quantity,
    taker_is_buy: fill.takerIsBuy,
    buyer_order_id: buyer.order,
    buyer_user_id: buyer.user,
    seller_order_id: seller.order,
    seller_user_id: seller.user,
  };
}
