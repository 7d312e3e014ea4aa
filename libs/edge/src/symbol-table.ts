import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SelfTradePrevention, SYMBOL_CHANGE_OPS, SYMBOL_CONFIG_NUMBERS, SymbolState } from '@supernoba/protocol';
import type { SymbolConfig, SymbolDetail } from '@supernoba/protocol';
import { bounded, lambdaClientOptions, lazy } from './aws.js';
import { unavailable } from './error.js';

/** The DynamoDB table `symbols`: the truth about which symbols exist. All methods reject with EdgeError UNAVAILABLE. */
export interface SymbolTable {
  /** Every symbol, in alphabetical order. */
  all(): Promise<SymbolDetail[]>;
  /** One symbol as it stands now; undefined when there is none. */
  get(symbol: string): Promise<SymbolDetail | undefined>;
}

export interface TableOptions {
  /** Made at the first call. */
  dynamo: () => Promise<DynamoDBClient>;
  table: string;
}

type Item = Record<string, AttributeValue>;
const MAX_PAGES = 50;

/** A DynamoDB client made at its first use. */
export function openDynamo(region: string): () => Promise<DynamoDBClient> {
  return lazy(async () => {
    const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
    return new DynamoDBClient(await lambdaClientOptions(region));
  });
}

export function createSymbolTable({ dynamo, table }: TableOptions): SymbolTable {
  return {
    async get(symbol) {
      const { GetItemCommand } = await import('@aws-sdk/client-dynamodb');
      const command = new GetItemCommand({ TableName: table, Key: { symbol: { S: symbol } }, ConsistentRead: true });
      const { Item } = await bounded('the table of symbols', async (options) =>
        (await dynamo()).send(command, options),
      );
      return Item === undefined ? undefined : toSymbolDetail(Item);
    },

    async all() {
      const { ScanCommand } = await import('@aws-sdk/client-dynamodb');
      const rows: SymbolDetail[] = [];
      let start: Item | undefined;
      for (let page = 0; page < MAX_PAGES; page++) {
        const command = new ScanCommand({
          TableName: table,
          ConsistentRead: true,
          ...(start ? { ExclusiveStartKey: start } : {}),
        });
        const answer = await bounded('the table of symbols', async (options) =>
          (await dynamo()).send(command, options),
        );
        for (const item of answer.Items ?? []) rows.push(toSymbolDetail(item));
        start = answer.LastEvaluatedKey;
        if (start === undefined) return rows.sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
      }
      throw unavailable('the whole table of symbols', new Error(`more than ${MAX_PAGES} pages`));
    },
  };
}

/** A row of the table. @throws EdgeError UNAVAILABLE for a row that is none: half a symbol must not look like no symbol */
export function toSymbolDetail(item: Item): SymbolDetail {
  const symbol = item['symbol']?.S;
  const state = Object.values(SymbolState).find((known) => known === item['state']?.S);
  if (symbol === undefined || state === undefined) {
    throw unavailable('the table of symbols', new Error(`row ${symbol ?? '?'} has no known state`));
  }
  const pending = SYMBOL_CHANGE_OPS.find((known) => known === item['pending']?.S);
  return {
    symbol,
    state,
    config: toConfig(item['config']?.M),
    updated_at: Number(item['updated_at']?.N ?? 0),
    updated_by: item['updated_by']?.S ?? '',
    ...(item['request_id']?.S === undefined ? {} : { request_id: item['request_id'].S }),
    ...(pending === undefined ? {} : { pending }),
  };
}

export function toSymbolItem(row: SymbolDetail): Item {
  const { symbol, state, config, updated_at, updated_by, request_id, pending } = row;
  const map: Item = {};
  for (const field of SYMBOL_CONFIG_NUMBERS) {
    if (config[field] !== undefined) map[field] = { N: String(config[field]) };
  }
  if (config.stp !== undefined) map['stp'] = { S: config.stp };
  return {
    symbol: { S: symbol },
    state: { S: state },
    config: { M: map },
    updated_at: { N: String(updated_at) },
    updated_by: { S: updated_by },
    ...(request_id === undefined ? {} : { request_id: { S: request_id } }),
    ...(pending === undefined ? {} : { pending: { S: pending } }),
  };
}

function toConfig(map: Item = {}): SymbolConfig {
  const config: SymbolConfig = {};
  for (const field of SYMBOL_CONFIG_NUMBERS) {
    const number = map[field]?.N;
    if (number !== undefined) config[field] = Number(number);
  }
  const stp = Object.values(SelfTradePrevention).find((known) => known === map['stp']?.S);
  if (stp !== undefined) config.stp = stp;
  return config;
}
