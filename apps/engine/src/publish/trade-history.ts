import type { Fill } from '@supernoba/orderbook';
import { TRADE_PARTITIONS, tradeId } from '@supernoba/protocol';
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

/** Fixed widths, so that rows sort by time and then by trade number. */
function timeKey(fill: Fill): string {
  return `${String(fill.timestamp).padStart(13, '0')}#${String(fill.tradeNo).padStart(16, '0')}`;
}

/** The row of one execution: shape of `TABLES.tradeHistory`. */
export function tradeRow(symbol: string, fill: Fill): Item {
  const partition = fill.tradeNo % TRADE_PARTITIONS;
  const maker = { order: fill.makerOrderId, user: fill.makerUserId };
  const taker = { order: fill.takerOrderId, user: fill.takerUserId };
  const [buyer, seller] = fill.takerIsBuy ? [taker, maker] : [maker, taker];
  return {
    pk: `${symbol}#${partition}`,
    trade_no: fill.tradeNo,
    ts_no: timeKey(fill),
    buyer_pk: `${buyer.user}#${partition}`,
    seller_pk: `${seller.user}#${partition}`,
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
