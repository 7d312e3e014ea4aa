import { ConditionalCheckFailedException, PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { bounded, createSymbolTable, EdgeError, toSymbolItem, type SymbolTable } from '@supernoba/edge';
import type { SymbolDetail, SymbolRecord } from '@supernoba/protocol';

/** Who changed what: a row of the audit table. */
export interface AuditRow {
  symbol: string;
  op: SymbolRecord['op'];
  actor: string;
  requestId: string;
  /** Epoch ms. */
  at: number;
  before: SymbolDetail | undefined;
  after: SymbolDetail;
}

/** The tables `symbols` and `admin_audit`. All methods reject with EdgeError UNAVAILABLE when a table cannot be reached. */
export interface SymbolStore extends SymbolTable {
  audit(row: AuditRow): Promise<void>;
  /** Writes a row in place of `before`. @throws EdgeError UNAVAILABLE when somebody else has changed it since */
  put(row: SymbolDetail, before: SymbolDetail | undefined): Promise<void>;
}

export interface SymbolStoreOptions {
  dynamo: () => Promise<DynamoDBClient>;
  symbols: string;
  audit: string;
}

export function createSymbolStore({ dynamo, symbols, audit }: SymbolStoreOptions): SymbolStore {
  return {
    ...createSymbolTable({ dynamo, table: symbols }),

    async audit({ symbol, op, actor, requestId, at, before, after }) {
      const Item = {
        symbol: { S: symbol },
        at: { S: `${String(at).padStart(13, '0')}#${requestId}` },
        op: { S: op },
        actor: { S: actor },
        request_id: { S: requestId },
        ...(before === undefined ? {} : { before: { M: toSymbolItem(before) } }),
        after: { M: toSymbolItem(after) },
      };
      const command = new PutItemCommand({ TableName: audit, Item });
      await bounded('the audit log', async (options) => (await dynamo()).send(command, options));
    },

    async put(row, before) {
      const unchanged =
        before === undefined
          ? { ConditionExpression: 'attribute_not_exists(symbol)' }
          : {
              ConditionExpression: 'updated_at = :at',
              ExpressionAttributeValues: { ':at': { N: String(before.updated_at) } },
            };
      const command = new PutItemCommand({ TableName: symbols, Item: toSymbolItem(row), ...unchanged });
      try {
        await bounded('the table of symbols', async (options) => (await dynamo()).send(command, options));
      } catch (error) {
        if (!(error instanceof EdgeError && error.cause instanceof ConditionalCheckFailedException)) throw error;
        const message = `${row.symbol} was changed by somebody else at the same time: look and repeat`;
        throw new EdgeError('UNAVAILABLE', message, { cause: error.cause, retryAfterS: 1 });
      }
    },
  };
}
