import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { DynamoPort, Item } from '../ports.js';
import { callAws } from './port-errors.js';

/** DynamoDB through the AWS SDK's document client. */
export class DynamoAdapter implements DynamoPort {
  readonly #documents: DynamoDBDocumentClient;

  constructor(client: DynamoDBClient) {
    this.#documents = DynamoDBDocumentClient.from(client);
  }

  async get(table: string, key: Item): Promise<Item | undefined> {
    const command = new GetCommand({ TableName: table, Key: key, ConsistentRead: true });
    const answer = await callAws(() => this.#documents.send(command));
    return answer.Item;
  }

  async putBatch(table: string, items: readonly Item[]): Promise<Item[]> {
    const requests = items.map((item) => ({ PutRequest: { Item: item } }));
    const command = new BatchWriteCommand({ RequestItems: { [table]: requests } });
    const answer = await callAws(() => this.#documents.send(command));
    return (answer.UnprocessedItems?.[table] ?? []).map(({ PutRequest }) => PutRequest!.Item!);
  }

  async update(table: string, key: Item, set: Item, expect: Item): Promise<void> {
    const names: Record<string, string> = {};
    const values: Item = {};
    const assignments = Object.entries(set).map(([name, value], index) => {
      names[`#s${index}`] = name;
      values[`:s${index}`] = value;
      return `#s${index} = :s${index}`;
    });
    const conditions = Object.entries(expect).map(([name, value], index) => {
      names[`#e${index}`] = name;
      if (value === undefined) return `attribute_not_exists(#e${index})`;
      values[`:e${index}`] = value;
      return `#e${index} = :e${index}`;
    });
    const command = new UpdateCommand({
      TableName: table,
      Key: key,
      UpdateExpression: `SET ${assignments.join(', ')}`,
      ...(conditions.length === 0 ? {} : { ConditionExpression: conditions.join(' AND ') }),
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
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
