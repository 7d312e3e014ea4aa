import {
  CreateTableCommand,
  ResourceInUseException,
  waitUntilTableExists,
  type AttributeDefinition,
  type CreateTableCommandInput,
  type DynamoDBClient,
  type KeySchemaElement,
} from '@aws-sdk/client-dynamodb';
import type { KeyAttribute, TableShape } from '@supernoba/protocol';

const CREATE_TIMEOUT_S = 20;

/** Creates the tables that do not exist, with their indexes. */
export async function createTables(dynamo: DynamoDBClient, tables: readonly TableShape[]): Promise<void> {
  await Promise.all(
    tables.map(async (table) => {
      try {
        await dynamo.send(new CreateTableCommand(describeTable(table)));
      } catch (error) {
        if (!(error instanceof ResourceInUseException)) throw error;
      }
      await waitUntilTableExists(
        { client: dynamo, maxWaitTime: CREATE_TIMEOUT_S, minDelay: 1, maxDelay: 1 },
        { TableName: table.name },
      );
    }),
  );
}

function describeTable({ name, hash, range, indexes = [] }: TableShape): CreateTableCommandInput {
  const attributes = new Map<string, AttributeDefinition>();
  for (const key of [{ hash, range }, ...indexes]) {
    for (const attribute of [key.hash, key.range]) {
      if (attribute) attributes.set(attribute.name, { AttributeName: attribute.name, AttributeType: attribute.type });
    }
  }
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...attributes.values()],
    KeySchema: keySchema(hash, range),
    ...(indexes.length === 0
      ? {}
      : {
          GlobalSecondaryIndexes: indexes.map((index) => ({
            IndexName: index.name,
            KeySchema: keySchema(index.hash, index.range),
            Projection: { ProjectionType: 'ALL' as const },
          })),
        }),
  };
}

function keySchema(hash: KeyAttribute, range: KeyAttribute | undefined): KeySchemaElement[] {
  const schema: KeySchemaElement[] = [{ AttributeName: hash.name, KeyType: 'HASH' }];
  if (range) schema.push({ AttributeName: range.name, KeyType: 'RANGE' });
  return schema;
}
