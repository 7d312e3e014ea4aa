import { createConnectionRegistry, type ConnectionRegistry } from '@supernoba/edge';
import { startCache, type TestCache } from '@supernoba/edge/testing';
import type { FillEvent, OrderStatusEvent } from '@supernoba/protocol';
import { pushFrame } from '@supernoba/protocol/schemas';
import { createKeys } from '@supernoba/valkey-keys';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createHandler } from '../src/handler.js';
import { openPost } from '../src/post.js';

const party = (order_id: string, user_id: string, is_maker: boolean) => ({
  order_id,
  user_id,
  fully_filled: true,
  is_maker,
});
const fill: FillEvent = {
  event: 'FILL',
  symbol: 'TEST',
  seq: 2,
  trade_id: 'TEST-1',
  price: 150,
  quantity: 30,
  timestamp: 1733896438267,
  buyer: party('a-1', 'alice', true),
  seller: party('b-1', 'bob', false),
};
const status: OrderStatusEvent = {
  event: 'ORDER_STATUS',
  symbol: 'TEST',
  seq: 3,
  n: 2,
  order_id: 'a-1',
  user_id: 'alice',
  status: 'FILLED',
  timestamp: 1733896438267,
  is_buy: true,
  order_type: 'LIMIT',
  price: 150,
  quantity: 30,
  filled: 30,
  open: 0,
};
const alicesFill = {
  type: 'FILL',
  data: {
    trade_id: 'TEST-1',
    symbol: 'TEST',
    side: 'BUY',
    order_id: 'a-1',
    filled_qty: 30,
    filled_price: 150,
    timestamp: 1733896438267,
    seq: 2,
  },
};
const bobsFill = { type: 'FILL', data: { ...alicesFill.data, side: 'SELL', order_id: 'b-1' } };
const { event: _, ...statusData } = status;
const alicesStatus = { type: 'ORDER_STATUS', data: statusData };

let cache: TestCache;
let api: Server;
let connections: ConnectionRegistry;
let handler: ReturnType<typeof createHandler>;
let received: Map<string, unknown[][]>;
/** The status that each connection answers next; 200 unless told. */
let answers: Map<string, number[]>;
let faults: string[];

beforeEach(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' });
  cache = await startCache();
  [received, answers, faults] = [new Map(), new Map(), []];
  api = createServer((request, response) => {
    const id = decodeURIComponent(request.url?.split('/').at(-1) ?? '');
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const code = answers.get(id)?.shift() ?? 200;
      if (code === 200) received.set(id, [...(received.get(id) ?? []), JSON.parse(body) as unknown[]]);
      response.writeHead(code).end();
    });
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const keys = createKeys();
  connections = createConnectionRegistry(cache.valkey, keys);
  const log = (message: string) => void faults.push(message);
  handler = createHandler({ valkey: cache.valkey, keys, connections, post: openPost(endpoint, 'ap-northeast-2'), log });
  for (const [id, userId] of [
    ['a=1', 'alice'],
    ['a=2', 'alice'],
    ['b=1', 'bob'],
  ] as const) {
    await connections.open(id, { userId, isLoggedIn: true, connectedAt: 1, exp: 2 });
  }
});
afterEach(async () => {
  api.closeAllConnections();
  await Promise.all([cache.stop(), new Promise((resolve) => api.close(resolve))]);
});

const batch = (...records: (string | Buffer)[]) => ({
  Records: records.map((data, i) => ({
    kinesis: { sequenceNumber: String(i + 1), data: Buffer.from(data).toString('base64') },
  })),
});

test('each side of a fill gets its own, a status goes to its owner, on every connection, in order', async () => {
  const events = JSON.stringify([fill, status]);
  expect(await handler(batch(events))).toEqual({ batchItemFailures: [] });
  const alices = [[alicesFill, alicesStatus]];
  expect(Object.fromEntries(received)).toEqual({ 'a=1': alices, 'a=2': alices, 'b=1': [[bobsFill]] });
  for (const frame of [alicesFill, bobsFill, alicesStatus]) expect(pushFrame.parse(frame)).toEqual(frame);
});

test('single events, arrays and gzip are read alike, and noise is skipped and logged', async () => {
  expect(await handler(batch(JSON.stringify(fill), 'noise', gzipSync(JSON.stringify([status]))))).toEqual({
    batchItemFailures: [],
  });
  expect(received.get('a=1')).toEqual([[alicesFill, alicesStatus]]);
  expect(faults).toEqual(['a record is no event']);
});

test('a connection that is gone is forgotten, the others get theirs', async () => {
  answers.set('a=1', [410]);
  await handler(batch(JSON.stringify(fill)));
  expect([...received.keys()].sort()).toEqual(['a=2', 'b=1']);
  expect(await cache.everything()).toMatchObject({
    'realtime:connections': ['a=2', 'b=1'],
    'user:alice:connections': ['a=2'],
  });
  expect(await connections.get('a=1')).toBeUndefined();
});

test('a throttled connection is tried again; one that stays away brings the batch again', async () => {
  answers.set('a=1', [429, 500]);
  expect(await handler(batch(JSON.stringify(fill)))).toEqual({ batchItemFailures: [] });
  expect(received.get('a=1')).toEqual([[alicesFill]]);
  answers.set('a=1', [500, 500, 500]);
  expect(await handler(batch(JSON.stringify(fill), JSON.stringify(status)))).toEqual({
    batchItemFailures: [{ itemIdentifier: '1' }],
  });
  expect(received.get('b=1')).toHaveLength(2);
});

test('a message that is refused stops nobody', async () => {
  answers.set('a=1', [413]);
  expect(await handler(batch(JSON.stringify(fill)))).toEqual({ batchItemFailures: [] });
  expect(received.get('a=2')).toEqual([[alicesFill]]);
  expect(faults).toEqual(['a private message was refused']);
});

test('many events are split below the size of a WebSocket frame, and stay in order', async () => {
  const many = Array.from({ length: 500 }, (_, i) => ({ ...status, seq: i + 1 }));
  await handler(batch(JSON.stringify(many)));
  const messages = received.get('a=1') as { data: { seq: number } }[][];
  expect(messages.length).toBeGreaterThan(1);
  for (const message of messages) expect(JSON.stringify(message).length).toBeLessThan(32 * 1024);
  expect(messages.flat().map(({ data }) => data.seq)).toEqual(many.map(({ seq }) => seq));
});

test('users without a connection are no failure, an unreachable cache is', async () => {
  expect(await handler(batch(JSON.stringify({ ...status, user_id: 'carol' })))).toEqual({ batchItemFailures: [] });
  expect(await handler(batch())).toEqual({ batchItemFailures: [] });
  expect(received.size).toBe(0);
  await cache.kill();
  expect(await handler(batch(JSON.stringify(fill)))).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
});
