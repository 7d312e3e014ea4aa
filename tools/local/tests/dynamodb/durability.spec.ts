import {
  ConditionalCheckFailedException,
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { TABLES } from '@supernoba/protocol';
import { createTables } from '../../src/set-up/index.js';
import { endParts, killed, startPart } from '../support/part-process.js';

const tables = Object.values(TABLES);
let client: DynamoDBClient | undefined;

function connect(port: number): DynamoDBClient {
  client?.destroy();
  client = new DynamoDBClient({
    region: 'ap-northeast-2',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  return client;
}

const trade = (no: number) => ({
  pk: { S: `TEST#${no % 16}` },
  trade_no: { N: String(no) },
  ts_no: { S: `1733896438267#${String(no).padStart(16, '0')}` },
  ts_symbol: { S: `1733896438267#${String(no).padStart(16, '0')}#TEST` },
  buyer_pk: { S: 'alice' },
  seller_pk: { S: `bob-${no % 2}` },
});

afterEach(async () => {
  client?.destroy();
  client = undefined;
  await endParts();
});

test('creates every table with its keys and indexes, once', async () => {
  const dynamo = connect((await startPart('dynamodb')).port);
  await createTables(dynamo, tables);
  await createTables(dynamo, tables);
  const { TableNames } = await dynamo.send(new ListTablesCommand({}));
  expect(TableNames).toEqual(tables.map(({ name }) => name).sort());
  const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: TABLES.tradeHistory.name }));
  expect(Table?.KeySchema).toEqual([
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'trade_no', KeyType: 'RANGE' },
  ]);
  const indexes = Table?.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => [
    IndexName,
    KeySchema?.map(({ AttributeName }) => AttributeName),
    Projection?.ProjectionType,
  ]);
  expect(indexes?.sort()).toEqual([
    ['by_buyer', ['buyer_pk', 'ts_symbol'], 'ALL'],
    ['by_seller', ['seller_pk', 'ts_symbol'], 'ALL'],
    ['by_time', ['pk', 'ts_no'], 'ALL'],
  ]);
});

test('every answered write survives kill -9, in the table and in its indexes', async () => {
  const first = await startPart('dynamodb');
  const TableName = TABLES.tradeHistory.name;
  let dynamo = connect(first.port);
  await createTables(dynamo, tables);
  const answered: number[] = [];
  const writing = Promise.allSettled(
    Array.from({ length: 400 }, async (_, no) => {
      await dynamo.send(new PutItemCommand({ TableName, Item: trade(no) }));
      answered.push(no);
      if (answered.length === 200) first.child.kill('SIGKILL');
    }),
  );
  await first.ended;
  await writing;
  expect(answered.length).toBeGreaterThanOrEqual(200);
  expect(answered.length).toBeLessThan(400);

  const second = await startPart('dynamodb', { dir: first.dir });
  dynamo = connect(second.port);
  await createTables(dynamo, tables);
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName }));
  const found = new Set(Items.map(({ trade_no }) => Number(trade_no?.N)));
  expect(answered.filter((no) => !found.has(no))).toEqual([]);
  const query = { TableName, IndexName: 'by_seller', KeyConditionExpression: 'seller_pk = :s' };
  const sold = await dynamo.send(new QueryCommand({ ...query, ExpressionAttributeValues: { ':s': { S: 'bob-1' } } }));
  const ofBob = answered.filter((no) => no % 2 === 1);
  const indexed = new Set(sold.Items?.map(({ trade_no }) => Number(trade_no?.N)));
  expect(ofBob.filter((no) => !indexed.has(no))).toEqual([]);

  const again = new PutItemCommand({
    TableName,
    Item: trade(answered[0] ?? 0),
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  await expect(dynamo.send(again)).rejects.toThrow(ConditionalCheckFailedException);
  await killed(second);
});
