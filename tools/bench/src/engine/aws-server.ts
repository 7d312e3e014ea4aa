import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsRefusal } from './aws-refusal.js';
import type { Bucket } from './bucket.js';
import type { EventStreams } from './event-streams.js';
import type { OrdersStream } from './orders-stream.js';
import type { Tables } from './tables.js';

const KINESIS = 'Kinesis_20131202.';
const DYNAMODB = 'DynamoDB_20120810.';
const KEEP_ALIVE_MS = 75_000;
const RETENTION_HOURS = 168;

export interface StandIns {
  orders: OrdersStream;
  events: EventStreams;
  tables: Tables;
  bucket: Bucket;
  /** Told of a request that the stand-ins have no answer for: the run is worth nothing then. */
  onFault: (error: unknown) => void;
}

/**
 * Kinesis, DynamoDB and S3 behind one loopback port, as far as the engine asks: writes are acknowledged at once and
 * counted, nothing goes to a disk.
 */
export async function serveAws(standIns: StandIns): Promise<{ port: number; server: Server }> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      try {
        answer(standIns, request, Buffer.concat(chunks), response);
      } catch (error) {
        if (error instanceof AwsRefusal) return refuse(response, error);
        standIns.onFault(error);
        response.writeHead(500).end();
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, server };
}

function answer(standIns: StandIns, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const target = String(request.headers['x-amz-target'] ?? '');
  if (!target) return serveS3(standIns.bucket, request, body, response);
  if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
    throw new AwsRefusal('MissingAuthenticationTokenException', 'the request is not signed');
  }
  if (target.startsWith(KINESIS)) {
    const json = serveKinesis(standIns, target.slice(KINESIS.length), body.toString('utf8'));
    return send(response, 200, 'application/x-amz-json-1.1', Buffer.from(json));
  }
  if (!target.startsWith(DYNAMODB)) throw new AwsRefusal('UnknownOperationException', `${target} is not served here`);
  const output = standIns.tables.serve(target.slice(DYNAMODB.length), body.toString('utf8'));
  send(response, 200, 'application/x-amz-json-1.0', Buffer.from(JSON.stringify(output)));
}

interface KinesisRequest {
  ShardIterator: string;
  Limit: number;
  ShardId: string;
  ShardIteratorType: string;
  StartingSequenceNumber?: string;
}

function serveKinesis({ orders, events }: StandIns, operation: string, body: string): string {
  if (operation === 'PutRecords') return events.put(body);
  const request = JSON.parse(body) as KinesisRequest;
  switch (operation) {
    case 'GetRecords':
      return orders.page(request.ShardIterator, request.Limit);
    case 'GetShardIterator': {
      const iterator = orders.iterator(request.ShardId, request.ShardIteratorType, request.StartingSequenceNumber);
      return JSON.stringify({ ShardIterator: iterator });
    }
    case 'ListShards':
      return JSON.stringify({ Shards: orders.describeShards() });
    case 'DescribeStreamSummary':
      return JSON.stringify({ StreamDescriptionSummary: { RetentionPeriodHours: RETENTION_HOURS } });
    default:
      throw new AwsRefusal('UnknownOperationException', `${operation} is not served here`);
  }
}

function serveS3(bucket: Bucket, { method, url = '/' }: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(url, 'http://bucket');
  const key = decodeURIComponent(pathname.split('/').slice(2).join('/'));
  switch (method) {
    case 'PUT':
      bucket.put(key, body);
      return void response.writeHead(200, { etag: '"0"', 'content-length': 0 }).end();
    case 'DELETE':
      bucket.delete(key);
      return void response.writeHead(204).end();
    case 'GET': {
      if (key === '') {
        const list = bucket.list(searchParams.get('prefix') ?? '', searchParams.get('start-after') ?? '');
        return send(response, 200, 'application/xml', Buffer.from(list));
      }
      const bytes = bucket.get(key);
      if (bytes !== undefined) return send(response, 200, 'application/octet-stream', bytes);
      const error = '<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>';
      return send(response, 404, 'application/xml', Buffer.from(error));
    }
    default:
      throw new Error(`${method} ${url} is not served here`);
  }
}

function refuse(response: ServerResponse, { type, message }: AwsRefusal): void {
  send(response, 400, 'application/x-amz-json-1.0', Buffer.from(JSON.stringify({ __type: type, message })));
}

function send(response: ServerResponse, status: number, contentType: string, body: Buffer): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': body.length }).end(body);
}
