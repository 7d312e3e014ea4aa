import { BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { CommandFailure } from '@supernoba/command';
import { setTimeout as pause } from 'node:timers/promises';

export type TableRow = Record<string, unknown>;

const MAX_BATCH_ITEMS = 25;
const CALLS_AT_A_TIME = 8;
const MAX_TRIES = 10;
const FIRST_PAUSE_MS = 25;

/** Puts rows with distinct keys into a table. @throws CommandFailure when the table stays too busy */
export async function putRows(dynamo: DynamoDBDocumentClient, table: string, rows: readonly TableRow[]): Promise<void> {
  const batches: TableRow[][] = [];
  for (let first = 0; first < rows.length; first += MAX_BATCH_ITEMS)
    batches.push(rows.slice(first, first + MAX_BATCH_ITEMS));
  for (let first = 0; first < batches.length; first += CALLS_AT_A_TIME) {
    await Promise.all(batches.slice(first, first + CALLS_AT_A_TIME).map((batch) => putBatch(dynamo, table, batch)));
  }
}

async function putBatch(dynamo: DynamoDBDocumentClient, table: string, rows: readonly TableRow[]): Promise<void> {
  let left = rows.map((Item) => ({ PutRequest: { Item } }));
  for (let tries = 0; left.length > 0; tries++) {
    if (tries === MAX_TRIES) throw new CommandFailure(`${table} did not take ${left.length} rows`);
    if (tries > 0) await pause(FIRST_PAUSE_MS * 2 ** tries);
    const { UnprocessedItems } = await dynamo.send(new BatchWriteCommand({ RequestItems: { [table]: left } }));
    left = (UnprocessedItems?.[table] ?? []) as typeof left;
  }
}
