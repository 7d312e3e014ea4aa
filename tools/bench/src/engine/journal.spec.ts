import { decodeRecord } from '@supernoba/protocol';
import { createHash } from 'node:crypto';
import { benchShards, indexOfSequence, sequenceNumber, ShardJournal, SYMBOLS_PER_SHARD } from './journal.js';
import { OrdersStream } from './orders-stream.js';

const plan = { seed: 42, commandsPerSymbol: 500, startMs: 1_764_220_000_000, isPublished: false };
const [shard] = benchShards();
const journal = new ShardJournal(shard!, 0, plan);

interface Page {
  Records: { Data: string; PartitionKey: string; SequenceNumber: string; ApproximateArrivalTimestamp: number }[];
  NextShardIterator: string;
  MillisBehindLatest: number;
}
const pageOf = (orders: OrdersStream, iterator: string) => JSON.parse(orders.page(iterator, 100)) as Page;

test('every symbol lies on the shard that Kinesis would put it on', () => {
  for (const { symbols, startingHashKey, endingHashKey } of benchShards()) {
    expect(symbols).toHaveLength(SYMBOLS_PER_SHARD);
    for (const symbol of symbols) {
      const hash = BigInt(`0x${createHash('md5').update(symbol).digest('hex')}`);
      expect(hash >= BigInt(startingHashKey) && hash <= BigInt(endingHashKey)).toBe(true);
    }
  }
});

test('a record is one order that the engine decodes, the same in every process, with ids as the exchange gives them', () => {
  const again = new ShardJournal(shard!, 0, plan);
  const orderIds = new Set<string>();
  for (let index = 0; index < journal.length; index += 1) {
    const { json, partitionKey } = journal.record(index);
    expect(again.record(index).json).toBe(json);
    const [element, ...others] = decodeRecord(Buffer.from(json), partitionKey);
    expect(others).toEqual([]);
    if (!element?.ok || !('order_id' in element.entry)) throw new Error(`no order: ${json}`);
    const { order_id: orderId = '', user_id: userId } = element.entry;
    expect(orderId).toMatch(/^ord_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(userId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    if (element.entry.action === 'ADD') orderIds.add(orderId);
    else expect(orderIds).toContain(orderId);
  }
  expect(orderIds.size).toBeGreaterThan(1_000);
});

test('sequence numbers ascend and are read back', () => {
  expect(sequenceNumber(9) < sequenceNumber(10)).toBe(true);
  expect(indexOfSequence(sequenceNumber(12_345))).toBe(12_345);
  expect(() => indexOfSequence('1')).toThrow('no sequence number');
});

test('the stream gives nothing before it is opened, then page after page, and no more once it is closed', () => {
  const orders = new OrdersStream([journal]);
  const start = orders.iterator(shard!.shardId, 'TRIM_HORIZON', undefined);
  expect(pageOf(orders, start)).toMatchObject({ Records: [], MillisBehindLatest: 0, NextShardIterator: start });
  orders.open();
  const first = pageOf(orders, start);
  expect(first.Records).toHaveLength(100);
  expect(first.MillisBehindLatest).toBeGreaterThan(0);
  const second = pageOf(orders, first.NextShardIterator);
  const [record] = second.Records;
  const { json, ...place } = journal.record(100);
  expect(Buffer.from(record!.Data, 'base64').toString()).toBe(json);
  expect(record).toMatchObject({ SequenceNumber: place.sequenceNumber, PartitionKey: place.partitionKey });
  expect(Math.round(record!.ApproximateArrivalTimestamp * 1000)).toBe(place.arrivalMs);
  orders.close();
  // A page whose answer was lost is given again; what was never given stays back.
  expect(pageOf(orders, first.NextShardIterator)).toEqual({ ...second, MillisBehindLatest: 0 });
  expect(pageOf(orders, second.NextShardIterator)).toMatchObject({ Records: [], MillisBehindLatest: 0 });
  expect(orders.served()).toEqual({ [shard!.shardId]: 200 });
  expect(orders.iterator(shard!.shardId, 'AT_SEQUENCE_NUMBER', sequenceNumber(7))).toBe(`${shard!.shardId}:7`);
  expect(orders.iterator(shard!.shardId, 'AFTER_SEQUENCE_NUMBER', sequenceNumber(7))).toBe(`${shard!.shardId}:8`);
});
