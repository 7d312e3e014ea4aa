import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** One table, and the client that reaches it: made at the first call. */
export interface Table {
  dynamo: () => Promise<Pick<DynamoDBClient, 'send'>>;
  name: string;
}

/** Strings, numbers and booleans: all that rows of the histories hold. */
export type Row = Readonly<Record<string, string | number | boolean>>;

/** A row that lacks what every row has: somebody else wrote it. */
export class HistoryError extends Error {
  readonly code = 'BAD_ROW';
  readonly retryable = false;

  constructor(message: string) {
    super(message);
    this.name = 'HistoryError';
  }
}
