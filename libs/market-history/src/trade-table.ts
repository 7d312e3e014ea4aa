import { QueryCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CandleFold, type Candle } from '@supernoba/candles';
import { tradePartitions, type TradeRecord } from '@supernoba/protocol';
import { MarketHistoryError } from './error.js';

export type { TradeRecord };

/** Most trades that one call reads. */
export const MAX_TRADES_READ = 10_000;

/** The DynamoDB table `trade_history`, read by trade number. */
export class TradeTable {
  constructor(
    private readonly dynamo: DynamoDBClient,
    private readonly table: string,
  ) {}

  /**
   * Trades `first` to `last`, both included, ascending; those that are not there are missing from the answer.
   *
   * @throws RangeError for more than {@link MAX_TRADES_READ}, MarketHistoryError BAD_ROW
   */
  async range(symbol: string, first: number, last: number): Promise<TradeRecord[]> {
    if (last - first >= MAX_TRADES_READ) {
      throw new RangeError(`trades ${first} to ${last}: at most ${MAX_TRADES_READ} are read at once`);
    }
    const rows = await Promise.all(tradePartitions(symbol).map((pk) => this.#partition(pk, first, last)));
    return rows.flat().sort((a, b) => a.trade_no - b.trade_no);
  }

  /** The trades after a number that follow each other without a hole, at most {@link MAX_TRADES_READ}; how many lie behind a hole. */
  async after(symbol: string, no: number): Promise<{ trades: TradeRecord[]; behindHole: number }> {
    const rows = await this.range(symbol, no + 1, no + MAX_TRADES_READ);
    const hole = rows.findIndex((row, index) => row.trade_no !== no + 1 + index);
    return hole < 0 ? { trades: rows, behindHole: 0 } : { trades: rows.slice(0, hole), behindHole: rows.length - hole };
  }

  /**
   * The 1m candles of trades `first` to `last`, both included, folded anew. Whole minutes where the range is cut between two
   * candles.
   *
   * @throws MarketHistoryError TRADES_MISSING where the table does not hold every one of them
   */
  async candles(symbol: string, first: number, last: number): Promise<Candle[]> {
    const fold = new CandleFold('1m', { q: first - 1 });
    const candles: Candle[] = [];
    for (let from = first; from <= last; from += MAX_TRADES_READ) {
      const to = Math.min(last, from + MAX_TRADES_READ - 1);
      const rows = await this.range(symbol, from, to);
      if (rows.length !== to - from + 1) {
        throw new MarketHistoryError(
          'TRADES_MISSING',
          `${symbol}: trades ${first} to ${last} are not all in ${this.table}`,
        );
      }
      for (const { trade_no, timestamp, price, quantity } of rows) {
        const closed = fold.trade(trade_no, timestamp, price, quantity);
        if (closed !== undefined) candles.push(closed);
      }
    }
    const { active } = fold;
    return active === undefined ? candles : [...candles, active];
  }

  async #partition(pk: string, first: number, last: number): Promise<TradeRecord[]> {
    const rows: TradeRecord[] = [];
    let start: Record<string, AttributeValue> | undefined;
    do {
      const page = await this.dynamo.send(
        new QueryCommand({
          TableName: this.table,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk AND trade_no BETWEEN :first AND :last',
          ExpressionAttributeValues: {
            ':pk': { S: pk },
            ':first': { N: String(first) },
            ':last': { N: String(last) },
          },
          ...(start === undefined ? {} : { ExclusiveStartKey: start }),
        }),
      );
      for (const item of page.Items ?? []) rows.push(toTrade(item));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return rows;
  }
}

function toTrade(item: Record<string, AttributeValue>): TradeRecord {
  const number = (name: string): number => {
    const value = Number(item[name]?.N);
    if (Number.isSafeInteger(value) && value >= 0) return value;
    throw new MarketHistoryError('BAD_ROW', `${item['trade_id']?.S ?? item['pk']?.S}: ${name} is no safe integer`);
  };
  const text = (name: string): string => {
    const value = item[name]?.S;
    if (value !== undefined) return value;
    throw new MarketHistoryError('BAD_ROW', `${item['trade_id']?.S ?? item['pk']?.S}: ${name} is no text`);
  };
  return {
    trade_no: number('trade_no'),
    trade_id: text('trade_id'),
    seq: number('seq'),
    timestamp: number('timestamp'),
    price: number('price'),
    quantity: number('quantity'),
    taker_is_buy: item['taker_is_buy']?.BOOL ?? false,
    buyer_order_id: text('buyer_order_id'),
    buyer_user_id: text('buyer_user_id'),
    seller_order_id: text('seller_order_id'),
    seller_user_id: text('seller_user_id'),
  };
}
