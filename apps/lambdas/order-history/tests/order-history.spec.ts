import { startDynamo, type TestDynamo } from '@supernoba/edge/testing';
import { createOrderReader, createOrderWriter } from '@supernoba/history';
import { TABLES, type FillEvent, type OrderStatusEvent } from '@supernoba/protocol';
import { gzipSync } from 'node:zlib';
import { createHandler } from '../src/handler.js';

let dynamo: TestDynamo;
let faults: string[];
beforeAll(async () => {
  dynamo = await startDynamo(TABLES.orderHistory);
});
beforeEach(() => {
  faults = [];
});
afterAll(() => dynamo.stop());

const handlerOf = (client: Pick<TestDynamo['client'], 'send'> = dynamo.client) =>
  createHandler({
    writer: createOrderWriter({ dynamo: () => Promise.resolve(client), name: 'order_history' }),
    log: (message) => void faults.push(message),
  });
const stateOf = async (orderId: string) => {
  const reader = createOrderReader({ dynamo: () => Promise.resolve(dynamo.client), name: 'order_history' });
  return reader.get('alice', 'TEST', orderId);
};
const batch = (...records: (string | Buffer)[]) => ({
  Records: records.map((data, i) => ({
    kinesis: { sequenceNumber: String(i + 1), data: Buffer.from(data).toString('base64') },
  })),
});
const status = (seq: number, order_id: string, name: OrderStatusEvent['status'], open = 10): OrderStatusEvent => ({
  event: 'ORDER_STATUS',
  symbol: 'TEST',
  seq,
  n: seq,
  order_id,
  user_id: 'alice',
  status: name,
  timestamp: 1733896438000 + seq,
  is_buy: true,
  order_type: 'LIMIT',
  price: 150,
  quantity: 10,
  filled: 10 - open,
  open,
});

test('single events, arrays and gzip; noise is skipped and logged; fills change no order', async () => {
  const fill = { event: 'FILL', symbol: 'TEST', seq: 3 } as FillEvent;
  const answer = await handlerOf()(
    batch(
      JSON.stringify(status(1, 'a', 'ACCEPTED')),
      'noise',
      JSON.stringify([fill, status(4, 'a', 'PARTIALLY_FILLED', 6)]),
      gzipSync(JSON.stringify([status(5, 'b', 'ACCEPTED'), status(6, 'b', 'CANCELLED', 0)])),
    ),
  );
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(faults).toEqual(['a record is no event']);
  expect(await stateOf('a')).toMatchObject({ status: 'PARTIALLY_FILLED', open: 6, placed_at: 1733896438001 });
  expect(await stateOf('b')).toMatchObject({ status: 'CANCELLED', open: 0 });
});

test('a write that fails brings its record again, and those behind it, not those before', async () => {
  let isDown = true;
  const half = {
    send: (command: Parameters<typeof dynamo.client.send>[0]) => {
      const key = (command.input as { Key?: { pk?: { S?: string } } }).Key?.pk?.S;
      if (isDown && key === 'TEST#f-2')
        return Promise.reject(Object.assign(new Error('no'), { $metadata: { httpStatusCode: 400 } }));
      return dynamo.client.send(command);
    },
  } as TestDynamo['client'];
  const handler = handlerOf(half);
  const records = [
    [status(11, 'f-1', 'ACCEPTED'), status(12, 'f-3', 'ACCEPTED')],
    [status(13, 'f-2', 'ACCEPTED')],
    [status(14, 'f-3', 'CANCELLED', 0)],
  ].map((events) => JSON.stringify(events));
  expect(await handler(batch(...records))).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
  expect(faults).toEqual(['1 of 3 orders could not be written: their records are to come again']);
  isDown = false;
  expect(await handler(batch(...records.slice(1)))).toEqual({ batchItemFailures: [] });
  expect(await stateOf('f-1')).toMatchObject({ status: 'ACCEPTED' });
  expect(await stateOf('f-2')).toMatchObject({ status: 'ACCEPTED' });
  expect(await stateOf('f-3')).toMatchObject({ status: 'CANCELLED', placed_at: 1733896438012 });
});

test('a service that throttles is asked again within the call', async () => {
  let refusals = 2;
  const throttled = {
    send: (command: Parameters<typeof dynamo.client.send>[0]) =>
      refusals-- > 0
        ? Promise.reject(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }))
        : dynamo.client.send(command),
  } as TestDynamo['client'];
  expect(await handlerOf(throttled)(batch(JSON.stringify(status(21, 'c', 'ACCEPTED'))))).toEqual({
    batchItemFailures: [],
  });
  expect(await stateOf('c')).toMatchObject({ status: 'ACCEPTED' });
});

test('an empty batch is done', async () => {
  expect(await handlerOf()(batch())).toEqual({ batchItemFailures: [] });
});
