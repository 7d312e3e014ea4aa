import { TABLES } from '@supernoba/protocol';
import { AwsRefusal } from './aws-refusal.js';
import { meets, updated, type Attribute, type Row, type WriteConditions } from './expression.js';
import { RowTally } from './tally.js';

type Key = Row;

interface Request extends WriteConditions {
  TableName?: string;
  Key?: Key;
  UpdateExpression?: string;
  RequestItems?: Record<string, { PutRequest?: { Item: Row } }[]>;
}

/** The tables: rows of leases are kept, trade rows counted and summed, others counted. */
export class Tables {
  readonly trades = new RowTally();
  /** Rows of tables that a run without a mistake leaves empty. */
  otherRows = 0;
  readonly #leases = new Map<string, Row>();

  /** Checkpoints by shard. */
  checkpoints(): Record<string, string> {
    const leases = [...this.#leases].filter(([key]) => !key.startsWith('#'));
    return Object.fromEntries(leases.map(([key, row]) => [key, text(row['checkpoint'])]));
  }

  /** Leaves the lease of a shard that nobody owns. */
  leave(shardId: string, { checkpoint, manifest }: { checkpoint: string; manifest: string }): void {
    this.#leases.set(shardId, { leaseKey: { S: shardId }, checkpoint: { S: checkpoint }, manifest: { S: manifest } });
  }

  /** @throws AwsRefusal where the service would refuse */
  serve(operation: string, body: string): object {
    const request = JSON.parse(body) as Request;
    switch (operation) {
      case 'BatchWriteItem':
        return this.#write(request);
      case 'UpdateItem':
        return this.#update(request);
      case 'GetItem': {
        const row = this.#leases.get(leaseKey(request));
        return row === undefined ? {} : { Item: row };
      }
      case 'Scan':
        return { Items: [...this.#leases.values()] };
      case 'DeleteItem':
        this.#expect(request);
        this.#leases.delete(leaseKey(request));
        return {};
      default:
        throw new AwsRefusal('UnknownOperationException', `${operation} is not acknowledged here`);
    }
  }

  #write({ RequestItems: requests = {} }: Request): object {
    for (const [table, puts] of Object.entries(requests)) {
      for (const { PutRequest: put } of puts) {
        if (put === undefined) throw new AwsRefusal('ValidationException', 'only PutRequest is acknowledged here');
        if (table !== TABLES.tradeHistory.name) this.otherRows += 1;
        else this.trades.add(`${text(put.Item['pk'])}|${text(put.Item['trade_no'])}`, plainRow(put.Item));
      }
    }
    return { UnprocessedItems: {} };
  }

  #update(request: Request): object {
    this.#expect(request);
    const key = leaseKey(request);
    const row = updated({ ...this.#leases.get(key), ...request.Key }, request.UpdateExpression ?? '', request);
    this.#leases.set(key, row);
    return { Attributes: row };
  }

  #expect(request: Request): void {
    if (!meets(this.#leases.get(leaseKey(request)), request)) {
      throw new AwsRefusal('ConditionalCheckFailedException', 'The conditional request failed');
    }
  }
}

function leaseKey({ TableName: table, Key: key }: Request): string {
  if (table !== TABLES.leases.name) throw new AwsRefusal('ValidationException', `${table} is only written to`);
  return text(key?.['leaseKey']);
}

function text(attribute: Attribute | undefined): string {
  const value = attribute?.['S'] ?? attribute?.['N'];
  return typeof value === 'string' ? value : '';
}

function plainRow(row: Row): Record<string, string | boolean> {
  const plain: Record<string, string | boolean> = {};
  for (const [name, { S, N, BOOL }] of Object.entries(row)) {
    const value = S ?? N ?? BOOL;
    if (typeof value !== 'string' && typeof value !== 'boolean') throw new Error(`${name}: no text, number or flag`);
    plain[name] = value;
  }
  return plain;
}
