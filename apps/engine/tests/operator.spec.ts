import { TABLES, type OrderStatusEvent } from '@supernoba/protocol';
import { eventually } from '@supernoba/testing';
import { ClientError, createChannel, createClientFactory, Metadata, Status, type Channel } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { BookAdmin } from '../src/admin/book-admin.js';
import { startGrpc, type GrpcServer } from '../src/admin/grpc-server.js';
import {
  SnapshotServiceDefinition,
  type SnapshotServiceClient,
} from '../src/admin/generated/supernoba/engine/v1/snapshot_service.js';
import { OperatorSnapshots } from '../src/admin/operator-snapshots.js';
import { createEngine, type Engine } from '../src/engine.js';
import { decodeSnapshot } from '../src/snapshot/symbol-snapshot.js';
import { mortal, type MortalPorts } from './support/crash.js';
import { buy, cancel, sell } from './support/orders.js';
import { ORDERS, settings, Stack, STATUSES } from './support/stack.js';

const TOKEN = 'the-operators-own-token';
/** Of grpc.health.v1. */
const SERVING = 1;
const NOT_SERVING = 2;

let stack: Stack;
let engine: Engine;
let body: MortalPorts;
let server: GrpcServer;
let channel: Channel;
let client: SnapshotServiceClient;

beforeEach(async () => {
  stack = await Stack.start();
  body = mortal(stack.ports());
  engine = createEngine(body.ports, settings);
  await engine.start();
  const ports = stack.ports();
  const snapshots = new OperatorSnapshots(ports.objects);
  const admin = new BookAdmin({ engine, ports, snapshots, ordersStream: ORDERS, auditTable: TABLES.audit.name });
  server = await startGrpc({ host: '127.0.0.1', port: 0, token: TOKEN, admin, engine, logger: stack.log });
  channel = createChannel(`127.0.0.1:${server.port}`);
  client = as(`Bearer ${TOKEN}`);
});
afterEach(async () => {
  channel.close();
  server.close();
  await engine.stop();
  await stack.stop();
});

/** A client that shows this as its authorization. */
function as(authorization: string): SnapshotServiceClient {
  const metadata = Metadata({ authorization });
  return createClientFactory()
    .use((call, options) => call.next(call.request, { ...options, metadata }))
    .create(SnapshotServiceDefinition, channel);
}

async function refusal(call: Promise<unknown>): Promise<[Status, string]> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ClientError)) throw new Error(`no refusal: ${String(error)}`);
  return [error.code, error.details.split(':')[0]!];
}

async function content(symbol: string, key = '') {
  const chunks: Buffer[] = [];
  let info;
  for await (const { part } of client.getSnapshot({ symbol, key })) {
    if (part?.$case === 'snapshot') info = part.value;
    if (part?.$case === 'content') chunks.push(part.value);
  }
  return { info, bytes: Buffer.concat(chunks) };
}

const request = { actor: 'root', requestId: 'op-1' };

test('cancels and removal go through the journal, with their actor and an audit row', async () => {
  await stack.send(buy('TEST', 'b1', 90, 1), buy('TEST', 'b2', 91, 1), sell('TEST', 's1', 99, 1));
  await stack.published();
  expect(await client.cancelOrder({ request, symbol: 'TEST', orderId: 'b1' })).toEqual({
    journalled: { requestId: 'op-1', symbol: 'TEST' },
  });
  await client.cancelAllOrders({ request: { actor: 'root', requestId: 'op-2' }, symbol: 'TEST', userId: 'alice' });
  const { journalled } = await client.removeOrderBook({ request: { actor: 'root' }, symbol: 'TEST' });
  expect(journalled?.requestId).toMatch(/^adm_[a-z0-9]+_[a-z0-9]+$/);
  await stack.published();

  const statuses = await stack.events<OrderStatusEvent>(STATUSES);
  expect(statuses.slice(3).map(({ order_id, status }) => `${order_id} ${status}`)).toEqual([
    'b1 CANCELLED',
    'b2 CANCELLED',
    's1 CANCELLED',
  ]);
  const [records] = (await stack.journal()).values();
  const written = records!.slice(3).map(({ data }) => JSON.parse(Buffer.from(data).toString()) as unknown);
  const record = { action: 'SYMBOL', symbol: 'TEST', actor: 'root' };
  const removal = { ...record, request_id: journalled!.requestId };
  expect(written).toEqual([
    { ...record, request_id: 'op-1', op: 'CANCEL', order_id: 'b1' },
    { ...record, request_id: 'op-2', op: 'CANCEL_ALL', user_id: 'alice' },
    [
      { ...removal, op: 'CANCEL_ALL' },
      { ...removal, op: 'DELIST' },
    ],
  ]);
  const audit = await stack.rows(TABLES.audit.name);
  expect(audit.map(({ op, actor, request_id }) => [op, actor, request_id])).toEqual([
    ['CANCEL', 'root', 'op-1'],
    ['CANCEL_ALL', 'root', 'op-2'],
    ['CANCEL_ALL+DELIST', 'root', journalled!.requestId],
  ]);
  expect((await client.listSymbols({})).symbols).toMatchObject([{ symbol: 'TEST', state: 'delisted', openOrders: 0 }]);
});

test('a snapshot is stored under its own name, found as the newest, and comes back byte for byte', async () => {
  await stack.send(sell('TEST', 's1', 99, 5), buy('TEST', 'b1', 99, 2));
  await stack.published();
  const { snapshot: first } = await client.createSnapshot({ symbol: 'TEST' });
  expect(first).toMatchObject({ symbol: 'TEST', seq: 5, tradeNumber: 1 });
  expect((await client.createSnapshot({ symbol: 'TEST' })).snapshot).toEqual(first);
  await stack.send(buy('TEST', 'b2', 98, 2));
  await stack.published();
  const { snapshot: second } = await client.createSnapshot({ symbol: 'TEST' });
  expect((await content('TEST')).info).toEqual(second);
  const { info, bytes } = await content('TEST', first!.key);
  expect(info).toEqual(first);
  expect(bytes.byteLength).toBe(first!.sizeBytes);
  expect(decodeSnapshot(bytes).state).toMatchObject({ position: first!.position, time: first!.eventTimeMs });
});

test('a restore puts the orders of a snapshot back, and a replay of the journal does so again', async () => {
  await stack.send(buy('TEST', 'b1', 90, 5), buy('TEST', 'b2', 89, 5));
  await stack.published();
  const { snapshot } = await client.createSnapshot({ symbol: 'TEST' });
  await stack.send(sell('TEST', 's1', 90, 2), buy('TEST', 'b3', 88, 5), cancel('TEST', 'b2'));
  await stack.published();
  const answer = await client.restoreSnapshot({ request, symbol: 'TEST', key: snapshot!.key });
  expect(answer).toEqual({ journalled: { requestId: 'op-1', symbol: 'TEST' }, snapshot });
  await stack.published();
  const statuses = await stack.events<OrderStatusEvent>(STATUSES);
  expect(statuses.slice(-3).map(({ order_id, status, reason }) => `${order_id} ${status} ${reason}`)).toEqual([
    'b3 CANCELLED RESTORED',
    'b1 REPLACED RESTORED',
    'b2 ACCEPTED RESTORED',
  ]);
  const { symbols: before } = await client.listSymbols({});
  const depth = await stack.depth.get('depth:TEST');
  expect(depth).toContain('"b":[[90,5],[89,5]],"a":[]');

  // It dies without another snapshot: whoever comes next follows the journal from the first batch.
  body.die();
  const other = createEngine(stack.ports(), settings);
  await other.start();
  engine = other;
  expect([...other.heldBooks()].map(({ machine }) => [machine.seq, machine.book.openOrders])).toEqual([
    [before[0]!.seq, 2],
  ]);
});

test('what the engine holds and how it is', async () => {
  await stack.send(sell('TEST', 's1', 99, 5), buy('TEST', 'b1', 99, 2), buy('AAA', 'b1', 10, 1));
  await stack.published();
  const { symbols } = await client.listSymbols({});
  expect(symbols).toMatchObject([
    { symbol: 'AAA', state: 'open', seq: 1, openOrders: 1, bestBid: 10, bestAsk: 0, lastPrice: 0 },
    { symbol: 'TEST', state: 'open', seq: 5, tradeNumber: 1, openOrders: 1, bestBid: 0, bestAsk: 99, lastPrice: 99 },
  ]);
  const health = await client.healthCheck({});
  expect(health).toMatchObject({ state: 'running', ready: true, error: '', shards: [{ symbols: 2 }] });
  expect(health.shards[0]?.position).toBe(symbols.map(({ position }) => position).sort()[1]);
});

test('without the token everything is refused but the question whether it serves', async () => {
  await stack.send(buy('TEST', 'b1', 90, 1));
  await stack.published();
  for (const authorization of ['', 'Bearer ', `Bearer ${TOKEN}x`, TOKEN]) {
    const stranger = as(authorization);
    const refused = [Status.UNAUTHENTICATED, 'UNAUTHORIZED'];
    expect(await refusal(stranger.listSymbols({}))).toEqual(refused);
    expect(await refusal(stranger.cancelAllOrders({ request, symbol: 'TEST' }))).toEqual(refused);
  }
  expect((await stack.rows(TABLES.audit.name)).length).toBe(0);
  const health = createClientFactory().create(HealthDefinition, channel);
  for (const service of ['', SnapshotServiceDefinition.fullName]) {
    expect(await health.check({ service })).toMatchObject({ status: SERVING });
  }
});

test('a bad request says what is wrong, and leaves no trace', async () => {
  await stack.send(buy('TEST', 'b1', 90, 1));
  await stack.published();
  const records = async () => [...(await stack.journal()).values()].flat().length;
  const before = await records();
  const bad = [Status.INVALID_ARGUMENT, 'BAD_REQUEST'];
  const unknown = [Status.NOT_FOUND, 'UNKNOWN_SYMBOL'];
  expect(await refusal(client.cancelAllOrders({ request, symbol: 'a' }))).toEqual(bad);
  expect(await refusal(client.cancelAllOrders({ request, symbol: 'TYPO' }))).toEqual(unknown);
  expect(await refusal(client.cancelAllOrders({ symbol: 'TEST' }))).toEqual(bad);
  expect(await refusal(client.cancelAllOrders({ request, symbol: 'TEST', userId: 'a b' }))).toEqual(bad);
  expect(await refusal(client.cancelOrder({ request, symbol: 'TEST', orderId: '' }))).toEqual(bad);
  expect(await refusal(client.removeOrderBook({ request: { ...request, requestId: 'a b' }, symbol: 'TEST' }))).toEqual(
    bad,
  );
  expect(await refusal(client.createSnapshot({ symbol: 'TYPO' }))).toEqual(unknown);
  const none = [Status.NOT_FOUND, 'SNAPSHOT_NOT_FOUND'];
  expect(await refusal(content('TEST'))).toEqual(none);
  expect(await refusal(client.restoreSnapshot({ request, symbol: 'TEST' }))).toEqual(none);
  expect(await refusal(content('TEST', 'snapshots/shard=s/1.snap'))).toEqual(bad);
  expect([await records(), (await stack.rows(TABLES.audit.name)).length]).toEqual([before, 0]);
});

test('a stored snapshot that was tampered with is not given out', async () => {
  await stack.send(buy('TEST', 'b1', 90, 1));
  await stack.published();
  const { snapshot } = await client.createSnapshot({ symbol: 'TEST' });
  const { objects } = stack.ports();
  const bytes = Buffer.from((await objects.get(snapshot!.key))!);
  bytes[bytes.byteLength - 1]! ^= 1;
  await objects.put(snapshot!.key, bytes, 'application/octet-stream');
  expect(await refusal(content('TEST'))).toEqual([Status.DATA_LOSS, 'BAD_SNAPSHOT']);
});

test('reflection names the service to who shows the token', async () => {
  const bytes = (message: Buffer) => message;
  const reflection = createClientFactory().create(
    {
      info: {
        path: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
        requestStream: true,
        responseStream: true,
        requestSerialize: bytes,
        requestDeserialize: bytes,
        responseSerialize: bytes,
        responseDeserialize: bytes,
      },
    },
    channel,
  );
  const listServices = async (authorization: string) => {
    // Field 7 of the request: list_services.
    const requests = (async function* () {
      yield await Promise.resolve(Buffer.from([0x3a, 0x00]));
    })();
    const answers = reflection.info(requests, { metadata: Metadata({ authorization }) });
    for await (const answer of answers) return answer.toString('latin1');
    return '';
  };
  expect(await listServices(`Bearer ${TOKEN}`)).toContain('supernoba.engine.v1.SnapshotService');
  expect(await refusal(listServices('Bearer'))).toEqual([Status.UNAUTHENTICATED, 'UNAUTHORIZED']);
});

test('an engine that has stopped is told as not serving', async () => {
  await engine.stop();
  const health = createClientFactory().create(HealthDefinition, channel);
  await eventually(async () => Number((await health.check({ service: '' })).status) === NOT_SERVING);
  expect(await client.healthCheck({})).toMatchObject({ state: 'stopped', ready: false });
});
