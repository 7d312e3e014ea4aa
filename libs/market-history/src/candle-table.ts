import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { CandleError, parseCandle, type Candle, type Interval } from '@supernoba/candles';
import { setTimeout as pause } from 'node:timers/promises';
import { MarketHistoryError } from './error.js';

type Item = Record<string, AttributeValue>;

export interface CandleRange {
  symbol: string;
  timeframe: Interval;
  /** Starts, epoch seconds, both included; default: all. */
  from?: number | undefined;
  to?: number | undefined;
  /** Most candles; default: all in the range. */
  limit?: number | undefined;
  /** Take the newest of the range where `limit` cuts it; default false. The answer ascends either way. */
  newest?: boolean;
}

/** How far the backup of a symbol has come. */
export interface BackupMark {
  /** Every trade up to this number is in a 1m candle of the table and of the archive. */
  candleQ: number;
  /** Every trade before this moment is in a 1m candle of the table; epoch seconds, the start of a minute. */
  until: number;
  /** Every trade up to this number is in the archive. */
  tradeNo: number;
}

/** Most items of one BatchWriteItem call. */
const MAX_BATCH_ITEMS = 25;
const MAX_TRIES = 8;
const FIRST_PAUSE_MS = 25;
/** Range key of the mark: below every candle's start, in a partition of its own. */
const MARK_T = '0';

/** The DynamoDB table `candle_history`: closed candles by symbol, timeframe and start, and how far the backup has come. */
export class CandleTable {
  constructor(
    private readonly dynamo: DynamoDBClient,
    private readonly table: string,
  ) {}

  /** Candles of a range, ascending, as they stand now (strongly consistent). @throws MarketHistoryError BAD_ROW */
  async range({ symbol, timeframe, from = 0, to, limit = Infinity, newest = false }: CandleRange): Promise<Candle[]> {
    const candles: Candle[] = [];
    let start: Item | undefined;
    do {
      const page = await this.dynamo.send(
        new QueryCommand({
          TableName: this.table,
          ConsistentRead: true,
          KeyConditionExpression: `pk = :pk AND t ${to === undefined ? '>= :from' : 'BETWEEN :from AND :to'}`,
          ExpressionAttributeValues: {
            ':pk': { S: partition(symbol, timeframe) },
            ':from': { N: String(from) },
            ...(to === undefined ? {} : { ':to': { N: String(to) } }),
          },
          ScanIndexForward: !newest,
          ...(limit === Infinity ? {} : { Limit: limit - candles.length }),
          ...(start === undefined ? {} : { ExclusiveStartKey: start }),
        }),
      );
      for (const item of page.Items ?? []) candles.push(toCandle(item));
      start = page.LastEvaluatedKey;
    } while (start !== undefined && candles.length < limit);
    return newest ? candles.reverse() : candles;
  }

  async newest(symbol: string, timeframe: Interval): Promise<Candle | undefined> {
    return (await this.range({ symbol, timeframe, limit: 1, newest: true }))[0];
  }

  /** Writes candles with distinct starts; the same ones again change nothing. @throws MarketHistoryError NOT_TAKEN */
  async put(symbol: string, timeframe: Interval, candles: readonly Candle[]): Promise<void> {
    for (let first = 0; first < candles.length; first += MAX_BATCH_ITEMS) {
      const puts = candles
        .slice(first, first + MAX_BATCH_ITEMS)
        .map((candle) => ({ PutRequest: { Item: toItem(symbol, timeframe, candle) } }));
      await this.#putBatch(puts);
    }
  }

  /** Writes ascending candles one after the other: whatever dies, the table holds the first of them without a hole. */
  async append(symbol: string, timeframe: Interval, candles: readonly Candle[]): Promise<void> {
    for (const candle of candles) {
      await this.dynamo.send(new PutItemCommand({ TableName: this.table, Item: toItem(symbol, timeframe, candle) }));
    }
  }

  /** Zeros where nothing has been backed up. */
  async mark(symbol: string): Promise<BackupMark> {
    const command = new GetItemCommand({ TableName: this.table, Key: markKey(symbol), ConsistentRead: true });
    const { Item } = await this.dynamo.send(command);
    const read = (name: string) => Number(Item?.[name]?.N ?? 0);
    return { candleQ: read('candle_q'), until: read('until'), tradeNo: read('trade_no') };
  }

  /** Moves the mark of the candles; one that has come further stays. */
  async advanceCandles(symbol: string, { candleQ, until }: Pick<BackupMark, 'candleQ' | 'until'>): Promise<void> {
    await this.#advance(symbol, 'SET candle_q = :q, #until = :until', {
      condition: 'attribute_not_exists(candle_q) OR (candle_q <= :q AND #until <= :until)',
      names: { '#until': 'until' },
      values: { ':q': { N: String(candleQ) }, ':until': { N: String(until) } },
    });
  }

  /** Moves the mark of the archived trades; one that has come further stays. */
  async advanceTrades(symbol: string, tradeNo: number): Promise<void> {
    await this.#advance(symbol, 'SET trade_no = :no', {
      condition: 'attribute_not_exists(trade_no) OR trade_no <= :no',
      values: { ':no': { N: String(tradeNo) } },
    });
  }

  async #advance(
    symbol: string,
    update: string,
    { condition, names, values }: { condition: string; names?: Record<string, string>; values: Item },
  ): Promise<void> {
    try {
      await this.dynamo.send(
        new UpdateItemCommand({
          TableName: this.table,
          Key: markKey(symbol),
          UpdateExpression: update,
          ConditionExpression: condition,
          ExpressionAttributeValues: values,
          ...(names === undefined ? {} : { ExpressionAttributeNames: names }),
        }),
      );
    } catch (error) {
      // Another run got further meanwhile.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  async #putBatch(puts: WriteRequest[]): Promise<void> {
    let left = puts;
    for (let tries = 0; left.length > 0; tries++) {
      if (tries === MAX_TRIES) {
        throw new MarketHistoryError('NOT_TAKEN', `${this.table} did not take ${left.length} candles`);
      }
      if (tries > 0) await pause(FIRST_PAUSE_MS * 2 ** tries);
      const answer = await this.dynamo.send(new BatchWriteItemCommand({ RequestItems: { [this.table]: left } }));
      left = answer.UnprocessedItems?.[this.table] ?? [];
    }
  }
}

function partition(symbol: string, timeframe: Interval): string {
  return `${symbol}#${timeframe}`;
}

function markKey(symbol: string): Item {
  return { pk: { S: `${symbol}#backup` }, t: { N: MARK_T } };
}

function toItem(symbol: string, timeframe: Interval, { t, o, h, l, c, v, n, q }: Candle): Item {
  const numbers = Object.entries({ t, o, h, l, c, v, n, q }).map(([name, value]) => [name, { N: String(value) }]);
  return { pk: { S: partition(symbol, timeframe) }, ...(Object.fromEntries(numbers) as Item) };
}

function toCandle(item: Item): Candle {
  try {
    return parseCandle(Object.fromEntries(Object.entries(item).map(([name, value]) => [name, value.N])));
  } catch (cause) {
    if (!(cause instanceof CandleError)) throw cause;
    throw new MarketHistoryError('BAD_ROW', `${item['pk']?.S} ${item['t']?.N}: ${cause.message}`, { cause });
  }
}
