import { ConditionalCheckFailedException, PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createSymbolGuard, createSymbolTable, toSymbolItem } from '@supernoba/edge';
import { SymbolState } from '@supernoba/protocol';
import type { Valkey } from '@supernoba/runtime';
import type { Keys } from '@supernoba/valkey-keys';

interface SymbolStores {
  dynamo: DynamoDBClient;
  /** Name of the table of symbols. */
  table: string;
  /** The depth cache. */
  valkey: Valkey;
  keys: Keys;
}

/**
 * Registers symbols as open, leaves those alone that are registered already, and carries the whole table over into the
 * cache.
 */
export async function registerSymbols(
  { dynamo, table, valkey, keys }: SymbolStores,
  symbols: readonly string[],
): Promise<void> {
  await Promise.all(symbols.map((symbol) => register(dynamo, table, symbol)));
  const rows = createSymbolTable({ dynamo: () => Promise.resolve(dynamo), table });
  const guard = createSymbolGuard({ valkey, keys, table: rows });
  for (const { symbol, state } of await rows.all()) await guard.project(symbol, state);
}

async function register(dynamo: DynamoDBClient, table: string, symbol: string): Promise<void> {
  const row = { symbol, state: SymbolState.Open, config: {}, updated_at: Date.now(), updated_by: 'local' };
  try {
    await dynamo.send(
      new PutItemCommand({
        TableName: table,
        Item: toSymbolItem(row),
        ConditionExpression: 'attribute_not_exists(symbol)',
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
