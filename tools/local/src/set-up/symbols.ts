import { ConditionalCheckFailedException, PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { createJournal, createSymbolGuard, createSymbolTable, toSymbolItem } from '@supernoba/edge';
import { SymbolState } from '@supernoba/protocol';
import type { Valkey } from '@supernoba/runtime';
import type { Keys } from '@supernoba/valkey-keys';

interface SymbolStores {
  dynamo: DynamoDBClient;
  /** Name of the table of symbols. */
  table: string;
  kinesis: KinesisClient;
  /** Name of the orders stream. */
  stream: string;
  /** The depth cache. */
  valkey: Valkey;
  keys: Keys;
}

/** Who is named as having registered them. */
const REGISTRAR = 'local';

/**
 * Registers symbols as open, leaves those alone that are registered already, and carries the whole table over into the
 * cache. As the admin routes do, it tells the journal first: so every symbol of the table has a book, and market data.
 */
export async function registerSymbols(
  { dynamo, table, kinesis, stream, valkey, keys }: SymbolStores,
  symbols: readonly string[],
): Promise<void> {
  const rows = createSymbolTable({ dynamo: () => Promise.resolve(dynamo), table });
  const journal = createJournal({ kinesis: () => Promise.resolve(kinesis), stream });
  const register = async (symbol: string): Promise<void> => {
    if ((await rows.get(symbol)) !== undefined) return;
    const request = { request_id: `register-${symbol}`, actor: REGISTRAR };
    await journal.append(symbol, { action: 'SYMBOL', op: 'CONFIG', symbol, ...request, config: {} });
    await put(dynamo, table, symbol);
  };
  await Promise.all(symbols.map(register));
  const guard = createSymbolGuard({ valkey, keys, table: rows });
  for (const { symbol, state } of await rows.all()) await guard.project(symbol, state);
}

async function put(dynamo: DynamoDBClient, table: string, symbol: string): Promise<void> {
  const row = { symbol, state: SymbolState.Open, config: {}, updated_at: Date.now(), updated_by: REGISTRAR };
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
