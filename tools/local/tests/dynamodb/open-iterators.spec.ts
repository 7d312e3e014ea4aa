import { DynamoDBClient, PutItemCommand, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { AbstractValueIterator } from 'abstract-level';
import { TABLES } from '@supernoba/protocol';
import { tempDir } from '@supernoba/testing';
import { startDynamoDbServer } from '../../src/dynamodb/index.js';
import { createTables } from '../../src/set-up/index.js';

test('no read leaves an iterator open, which would keep every file that it may still read', async () => {
  const closed = jest.spyOn(AbstractValueIterator.prototype, 'close');
  const server = await startDynamoDbServer({ dir: tempDir('supernoba-dynamodb-') });
  const client = new DynamoDBClient({
    region: 'ap-northeast-2',
    endpoint: server.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    await createTables(client, [TABLES.deadLetters, TABLES.orderHistory]);
    const TableName = TABLES.deadLetters.name;
    for (let i = 0; i < 5; i++) await client.send(new PutItemCommand({ TableName, Item: { id: { S: `${i}` } } }));
    closed.mockClear();
    const reads = [
      new ScanCommand({ TableName }),
      new ScanCommand({ TableName, Limit: 2 }),
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'id = :id',
        ExpressionAttributeValues: { ':id': { S: '3' } },
      }),
    ];
    const counts: (number | undefined)[] = [];
    for (const read of reads) counts.push((await client.send(read)).Count);
    expect(counts).toEqual([5, 2, 1]);
    expect(new Set(closed.mock.contexts).size).toBe(reads.length);
  } finally {
    client.destroy();
    await server.close();
    closed.mockRestore();
  }
});
