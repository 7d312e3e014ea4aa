import type { WriteRequest } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { tradeKeys, tradeNumber, type ExchangeEvent, type FillEvent, type TradeRecord } from '@supernoba/protocol';
import { again } from './again.js';
import type { Table } from './dynamo.js';
import type { ChangeWriter } from './change-writer.js';

/** Most items of one BatchWriteItem call. */
const MAX_BATCH_ITEMS = 25;
/** Calls at the same time. */
const WIDTH = 8;

/** One execution, and the place of its event in the run that it comes from. */
export interface TradeChange {
  fill: FillEvent;
  from: number;
}

/**
 * The executions of a run of events, each once however often its event came.
 *
 * @param isWhole says whether a fill can be stored; every one can unless told
 */
export function foldTrades(
  events: Iterable<ExchangeEvent>,
  isWhole: (fill: FillEvent) => boolean = () => true,
): TradeChange[] {
  const changes = new Map<string, TradeChange>();
  let place = -1;
  for (const event of events) {
    place++;
    if (event.event !== 'FILL' || changes.has(event.trade_id) || !isWhole(event)) continue;
    changes.set(event.trade_id, { fill: event, from: place });
  }
  return [...changes.values()];
}

/** A row of `trade_history`: shape of `TABLES.tradeHistory`. */
export type StoredTrade = TradeRecord & ReturnType<typeof tradeKeys> & { symbol: string };

/** The row of one execution. @throws RangeError for a trade id that is none */
export function tradeRow(fill: FillEvent): StoredTrade {
  const { symbol, trade_id, seq, timestamp, price, quantity, buyer, seller } = fill;
  const tradeNo = tradeNumber(trade_id);
  const keys = tradeKeys(symbol, { tradeNo, timestamp, buyerUserId: buyer.user_id, sellerUserId: seller.user_id });
  // Field by field: with the keys spread into it a row took many times as long.
  return {
    pk: keys.pk,
    trade_no: keys.trade_no,
    ts_no: keys.ts_no,
    ts_symbol: keys.ts_symbol,
    buyer_pk: keys.buyer_pk,
    seller_pk: keys.seller_pk,
    symbol,
    trade_id,
    seq,
    timestamp,
    price,
    quantity,
    taker_is_buy: seller.is_maker,
    buyer_order_id: buyer.order_id,
    buyer_user_id: buyer.user_id,
    seller_order_id: seller.order_id,
    seller_user_id: seller.user_id,
  };
}

/** Writes executions into `trade_history`. The key is symbol and trade number: a repeat writes the same row. */
export function createTradeWriter({ dynamo, name }: Table): ChangeWriter<TradeChange> {
  const put = async (changes: readonly TradeChange[]): Promise<void> => {
    const { BatchWriteItemCommand } = await import('@aws-sdk/client-dynamodb');
    const client = await dynamo();
    let left: WriteRequest[] = changes.map(({ fill }) => ({ PutRequest: { Item: marshall(tradeRow(fill)) } }));
    await again(async () => {
      const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: left } }));
      left = answer.UnprocessedItems?.[name] ?? [];
      if (left.length > 0) throw new Error(`${left.length} rows of ${name} were not taken`);
    });
  };

  return {
    async write(changes) {
      const calls: (readonly TradeChange[])[] = [];
      for (let first = 0; first < changes.length; first += MAX_BATCH_ITEMS) {
        calls.push(changes.slice(first, first + MAX_BATCH_ITEMS));
      }
      const failures: { change: TradeChange; error: unknown }[] = [];
      const work = async (): Promise<void> => {
        for (let call = calls.shift(); call !== undefined; call = calls.shift()) {
          try {
            await put(call);
          } catch (error) {
            failures.push(...call.map((change) => ({ change, error })));
          }
        }
      };
      await Promise.all(Array.from({ length: WIDTH }, work));
      return failures;
    },
  };
}
