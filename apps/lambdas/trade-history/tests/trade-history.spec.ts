import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { startDynamo, type TestDynamo } from '@supernoba/edge/testing';
import { createTradeWriter } from '@supernoba/history';
import { TABLES, type FillEvent, type OrderStatusEvent } from '@supernoba/protocol';
import { gzipSync } from 'node:zlib';
import { createHandler } from '../src/handler.js';

let dynamo: TestDynamo;
let faults: string[];
let nextNo = 1;
beforeAll(async () => {
  dynamo = await startDynamo(TABLES.tradeHistory);
});
beforeEach(() => {
  faults = [];
});
afterAll(() => dynamo.stop());

type Send = (command: BatchWriteItemCommand) => Promise<object>;

/** The table, with `send` in front of it. */
function handlerOf(send: Send = (command) => dynamo.client.send(command)) {
  const client = { send } as unknown as TestDynamo['client'];
  return createHandler({
    writer: createTradeWriter({ dynamo: () => Promise.resolve(client), name: 'trade_history' }),
    log: (message) => void faults.push(message),
  });
}

const batch = (...records: (string | Buffer)[]) => ({
  Records: records.map((data, i) => ({
    kinesis: { sequenceNumber: String(i + 1), data: Buffer.from(data).toString('base64') },
  })),
});

function fill(no: number): FillEvent {
  const party = (id: string, isMaker: boolean) => {
    return { order_id: `${id}-${no}`, user_id: id, fully_filled: true, is_maker: isMaker };
  };
  return {
    event: 'FILL',
    symbol: 'TEST',
    seq: no * 3,
    trade_id: `TEST-${no}`,
    price: 15_000,
    quantity: 3,
    timestamp: 1_733_896_438_000,
    buyer: party('alice', no % 2 === 1),
    seller: party('bob', no % 2 === 0),
  };
}

/** Executions that no other test has. */
function fresh(count: number): FillEvent[] {
  return Array.from({ length: count }, () => fill(nextNo++));
}

/** By trade number. */
async function rows(): Promise<Record<string, unknown>[]> {
  const all = (await dynamo.rows('trade_history')).map((row) => unmarshall(row));
  return all.sort((a, b) => Number(a['trade_no']) - Number(b['trade_no']));
}

test('every execution of a batch is a row, in whatever way it came; statuses and noise are none', async () => {
  const [one, two, three] = fresh(3);
  const status = { event: 'ORDER_STATUS', symbol: 'TEST', seq: 1 } as OrderStatusEvent;
  const records = [JSON.stringify(one), 'noise', gzipSync(JSON.stringify([status, two, three]))];
  expect(await handlerOf()(batch(...records))).toEqual({ batchItemFailures: [] });
  expect(faults).toEqual(['a record is no event']);
  const [first, second, ...others] = await rows();
  expect(others).toMatchObject([{ trade_no: 3 }]);
  expect(first).toMatchObject({ trade_no: 1, taker_is_buy: false });
  expect(second).toEqual({
    pk: 'TEST#2',
    trade_no: 2,
    ts_no: '1733896438000#0000000000000002',
    ts_symbol: '1733896438000#0000000000000002#TEST',
    buyer_pk: 'alice#2',
    seller_pk: 'bob#2',
    symbol: 'TEST',
    trade_id: 'TEST-2',
    seq: 6,
    timestamp: 1_733_896_438_000,
    price: 15_000,
    quantity: 3,
    taker_is_buy: true,
    buyer_order_id: 'alice-2',
    buyer_user_id: 'alice',
    seller_order_id: 'bob-2',
    seller_user_id: 'bob',
  });
});

test('an event that comes again, in the same batch too, changes nothing', async () => {
  const fills = fresh(30);
  const before = await rows();
  const all = [...fills, ...fills].map((event) => JSON.stringify(event));
  expect(await handlerOf()(batch(...all))).toEqual({ batchItemFailures: [] });
  const after = await rows();
  expect(after).toHaveLength(before.length + 30);
  expect(await handlerOf()(batch(...all.slice(7)))).toEqual({ batchItemFailures: [] });
  expect(await rows()).toEqual(after);
});

test('rows that the table leaves over go again within the call, and so does a call that was throttled', async () => {
  const before = await rows();
  let calls = 0;
  const handler = handlerOf(async (command) => {
    calls++;
    if (calls === 1) throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
    const [table, requests] = Object.entries(command.input.RequestItems!)[0]!;
    const taken = requests.slice(0, 10);
    await dynamo.client.send(new BatchWriteItemCommand({ RequestItems: { [table]: taken } }));
    return { UnprocessedItems: requests.length > 10 ? { [table]: requests.slice(10) } : {} };
  });
  expect(await handler(batch(JSON.stringify(fresh(25))))).toEqual({ batchItemFailures: [] });
  expect(calls).toBe(4);
  expect(await rows()).toHaveLength(before.length + 25);
});

test('what cannot be written brings its record again, and those behind it, not those before', async () => {
  const before = await rows();
  const [first, second] = [fresh(25), fresh(25)];
  const refused = second[0]!.trade_id;
  const handler = handlerOf((command) => {
    if (JSON.stringify(command.input).includes(`"${refused}"`))
      return Promise.reject(Object.assign(new Error('no'), { $metadata: { httpStatusCode: 400 } }));
    return dynamo.client.send(command);
  });
  const records = [...first, ...second].map((event) => JSON.stringify(event));
  expect(await handler(batch(...records))).toEqual({ batchItemFailures: [{ itemIdentifier: '26' }] });
  expect(faults).toEqual(['25 of 50 trades could not be written: their records are to come again']);
  expect(await rows()).toHaveLength(before.length + 25);
  expect(await handlerOf()(batch(...records.slice(25)))).toEqual({ batchItemFailures: [] });
  expect(await rows()).toHaveLength(before.length + 50);
});

test('a fill that is not whole is logged and left out: it holds nothing up', async () => {
  const before = await rows();
  const [whole, other, last] = fresh(3);
  const { buyer: _, ...broken } = other!;
  const records = [whole, broken, { ...other, trade_id: 'TEST-x' }, { ...other, price: -1 }, last];
  expect(await handlerOf()(batch(...records.map((event) => JSON.stringify(event))))).toEqual({ batchItemFailures: [] });
  expect(faults).toEqual(Array(3).fill(`the fill ${other!.seq} of TEST is not whole, and is left out`));
  expect(await rows()).toHaveLength(before.length + 2);
});

test('an empty batch is done', async () => {
  expect(await handlerOf()(batch())).toEqual({ batchItemFailures: [] });
});
