import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  ScanCommand,
  UpdateCommand,
  type ScanCommandOutput,
} from '@aws-sdk/lib-dynamodb';
import type { DynamoPort, Item } from '../ports.js';
import { itemJson, itemOf } from './item-json.js';
import { JsonCalls } from './json-calls.js';
import { callAws } from './port-errors.js';

/** The whole answer where every item was taken. */
const ALL_TAKEN = '{"UnprocessedItems":{}}';

interface BatchWriteAnswer {
  UnprocessedItems?: Record<string, { PutRequest: { Item: Parameters<typeof itemOf>[0] } }[]>;
}

/** DynamoDB through the AWS SDK's document client; batches of rows in JSON made here. */
export class DynamoAdapter implements DynamoPort {
  readonly #documents: DynamoDBDocumentClient;
  readonly #calls: JsonCalls;

  constructor(client: DynamoDBClient) {
    this.#documents = DynamoDBDocumentClient.from(client);
    this.#calls = new JsonCalls(client, {
      name: 'dynamodb',
      target: 'DynamoDB_20120810',
      contentType: 'application/x-amz-json-1.0',
      endpointOf: { command: BatchWriteItemCommand, input: { RequestItems: {} } },
    });
  }

  async get(table: string, key: Item): Promise<Item | undefined> {
    const command = new GetCommand({ TableName: table, Key: key, ConsistentRead: true });
    const answer = await callAws(() => this.#documents.send(command));
    return answer.Item;
  }

  async scan(table: string): Promise<Item[]> {
    const items: Item[] = [];
    let next: Item | undefined;
    do {
      const from = next === undefined ? {} : { ExclusiveStartKey: next };
      const command = new ScanCommand({ TableName: table, ConsistentRead: true, ...from });
      const answer: ScanCommandOutput = await callAws(() => this.#documents.send(command));
      items.push(...(answer.Items ?? []));
      next = answer.LastEvaluatedKey;
    } while (next !== undefined);
    return items;
  }

  async putBatch(table: string, items: readonly Item[]): Promise<Item[]> {
    const puts = items.map((item) => `{"PutRequest":{"Item":${itemJson(item)}}}`);
    const body = Buffer.from(`{"RequestItems":{${JSON.stringify(table)}:[${puts.join(',')}]}}`);
    return callAws(async () => {
      const answer = (await this.#calls.call('BatchWriteItem', body)).toString('utf8');
      if (answer === ALL_TAKEN) return [];
      const { UnprocessedItems: left } = JSON.parse(answer) as BatchWriteAnswer;
      return (left?.[table] ?? []).map(({ PutRequest }) => itemOf(PutRequest.Item));
    });
  }

  async update(table: string, key: Item, set: Item, expect: Item): Promise<void> {
    const names: Record<string, string> = {};
    const values: Item = {};
    const assigned: string[] = [];
    const removed: string[] = [];
    for (const [index, [name, value]] of Object.entries(set).entries()) {
      names[`#s${index}`] = name;
      if (value === undefined) {
        removed.push(`#s${index}`);
        continue;
      }
      values[`:s${index}`] = value;
      assigned.push(`#s${index} = :s${index}`);
    }
    const parts = [
      ...(assigned.length === 0 ? [] : [`SET ${assigned.join(', ')}`]),
      ...(removed.length === 0 ? [] : [`REMOVE ${removed.join(', ')}`]),
    ];
    const condition = conditionOf(expect, names, values);
    const command = new UpdateCommand({
      TableName: table,
      Key: key,
      UpdateExpression: parts.join(' '),
      ...condition,
      ExpressionAttributeNames: names,
      ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
    });
    await callAws(() => this.#documents.send(command));
  }

  async delete(table: string, key: Item, expect: Item): Promise<void> {
    const names: Record<string, string> = {};
    const values: Item = {};
    const condition = conditionOf(expect, names, values);
    const command = new DeleteCommand({
      TableName: table,
      Key: key,
      ...condition,
      ...(Object.keys(names).length === 0 ? {} : { ExpressionAttributeNames: names }),
      ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
    });
    await callAws(() => this.#documents.send(command));
  }

  async increment(table: string, key: Item, attribute: string): Promise<number> {
    const command = new UpdateCommand({
      TableName: table,
      Key: key,
      UpdateExpression: 'ADD #a :one',
      ExpressionAttributeNames: { '#a': attribute },
      ExpressionAttributeValues: { ':one': 1 },
      ReturnValues: 'UPDATED_NEW',
    });
    const answer = await callAws(() => this.#documents.send(command));
    return Number(answer.Attributes?.[attribute]);
  }
}

/** The condition that attributes are equal, or absent where the value is undefined; adds its names and values. */
function conditionOf(expect: Item, names: Record<string, string>, values: Item): { ConditionExpression?: string } {
  const conditions = Object.entries(expect).map(([name, value], index) => {
    names[`#e${index}`] = name;
    if (value === undefined) return `attribute_not_exists(#e${index})`;
    values[`:e${index}`] = value;
    return `#e${index} = :e${index}`;
  });
  return conditions.length === 0 ? {} : { ConditionExpression: conditions.join(' AND ') };
}
