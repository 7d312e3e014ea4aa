import { QueryCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { TABLES, TRADE_PARTITIONS } from '@supernoba/protocol';
import type { Valkey } from '@supernoba/runtime';
import { createKeys } from '@supernoba/valkey-keys';

/** Trade numbers of a symbol's rows in `trade_history` above a number, one entry a row. */
export async function tradeRows(dynamo: DynamoDBClient, symbol: string, after: number): Promise<number[]> {
  const numbers: number[] = [];
  for (let partition = 0; partition < TRADE_PARTITIONS; partition += 1) {
    let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
    do {
      const page = await dynamo.send(
        new QueryCommand({
          TableName: TABLES.tradeHistory.name,
          KeyConditionExpression: 'pk = :pk AND trade_no > :after',
          ExpressionAttributeValues: { ':pk': { S: `${symbol}#${partition}` }, ':after': { N: String(after) } },
          ProjectionExpression: 'trade_no',
          ConsistentRead: true,
          ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
        }),
      );
      for (const item of page.Items ?? []) numbers.push(Number(item['trade_no']?.N));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
  }
  return numbers.sort((a, b) => a - b);
}

/** Volume and trades of all candles the cache holds for a symbol, closed and active. */
export async function candleTotals(
  valkey: Valkey,
  symbol: string,
): Promise<{ volume: bigint; trades: number; candles: number }> {
  const keys = createKeys();
  const closed = (await valkey.lrange(keys.closedCandles(symbol), 0, -1)).map((text) => JSON.parse(text) as CandleText);
  const active = (await valkey.hgetall(keys.candle(symbol))) as Partial<CandleText>;
  const all = active.t === undefined ? closed : [...closed, active as CandleText];
  return {
    volume: all.reduce((sum, candle) => sum + BigInt(candle.v), 0n),
    trades: all.reduce((sum, candle) => sum + Number(candle.n), 0),
    candles: all.length,
  };
}

interface CandleText {
  t: number | string;
  v: number | string;
  n: number | string;
}
