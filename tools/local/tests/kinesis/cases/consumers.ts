import {
  DeregisterStreamConsumerCommand,
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  ListStreamConsumersCommand,
  RegisterStreamConsumerCommand,
  SubscribeToShardCommand,
  type SubscribeToShardEventStream,
} from '@aws-sdk/client-kinesis';
import { eventually } from '@supernoba/testing';
import { errorOf, PATIENCE, texts, type Bench } from '../support/bench.js';
import type { AcceptanceCase } from '../support/case.js';

const NO_FAN_OUT = { kinesalite: 'UnknownOperationException: it has no enhanced fan-out' };
const FIRST = 'shardId-000000000000';

const arnOf = async (bench: Bench, StreamName: string): Promise<string> => {
  const { StreamDescriptionSummary } = await bench.client.send(new DescribeStreamSummaryCommand({ StreamName }));
  return StreamDescriptionSummary?.StreamARN ?? '';
};

async function consumer(bench: Bench, StreamARN: string, ConsumerName = 'reader'): Promise<string> {
  const { Consumer } = await bench.client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName }));
  const ConsumerARN = Consumer?.ConsumerARN ?? '';
  await eventually(async () => {
    const { ConsumerDescription } = await bench.client.send(new DescribeStreamConsumerCommand({ ConsumerARN }));
    return ConsumerDescription?.ConsumerStatus === 'ACTIVE';
  }, PATIENCE);
  return ConsumerARN;
}

/** Texts of the pushed records, until `count` are there. */
async function pushed(
  events: AsyncIterable<SubscribeToShardEventStream> | undefined,
  count: number,
): Promise<string[]> {
  const found: string[] = [];
  for await (const event of events ?? []) {
    found.push(...texts(event.SubscribeToShardEvent?.Records ?? []));
    if (found.length >= count) break;
  }
  return found;
}

export const consumerCases: readonly AcceptanceCase[] = [
  {
    operation: 'RegisterStreamConsumer',
    does: 'gives a consumer an ARN of its stream, and each name once',
    skip: NO_FAN_OUT,
    run: async (bench) => {
      const StreamARN = await arnOf(bench, await bench.stream());
      expect((await consumer(bench, StreamARN)).startsWith(`${StreamARN}/consumer/reader:`)).toBe(true);
      const again = bench.client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'reader' }));
      expect(await errorOf(again)).toBe('ResourceInUseException');
    },
  },
  {
    operation: 'DescribeStreamConsumer',
    does: 'finds a consumer by its ARN and by its name',
    skip: NO_FAN_OUT,
    run: async (bench) => {
      const StreamARN = await arnOf(bench, await bench.stream());
      const ConsumerARN = await consumer(bench, StreamARN);
      const describe = async (input: object) =>
        (await bench.client.send(new DescribeStreamConsumerCommand(input))).ConsumerDescription;
      const expected = { ConsumerARN, ConsumerName: 'reader', ConsumerStatus: 'ACTIVE', StreamARN };
      expect(await describe({ ConsumerARN })).toMatchObject(expected);
      expect(await describe({ StreamARN, ConsumerName: 'reader' })).toMatchObject(expected);
      expect(await errorOf(describe({ StreamARN, ConsumerName: 'nobody' }))).toBe('ResourceNotFoundException');
    },
  },
  {
    operation: 'ListStreamConsumers',
    does: 'lists the consumers of a stream',
    skip: NO_FAN_OUT,
    run: async (bench) => {
      const StreamARN = await arnOf(bench, await bench.stream());
      await consumer(bench, StreamARN, 'b');
      await consumer(bench, StreamARN, 'a');
      const { Consumers } = await bench.client.send(new ListStreamConsumersCommand({ StreamARN }));
      expect(Consumers?.map(({ ConsumerName }) => ConsumerName).sort()).toEqual(['a', 'b']);
    },
  },
  {
    operation: 'DeregisterStreamConsumer',
    does: 'forgets a consumer',
    skip: NO_FAN_OUT,
    run: async (bench) => {
      const StreamARN = await arnOf(bench, await bench.stream());
      const ConsumerARN = await consumer(bench, StreamARN, 'leaver');
      await bench.client.send(new DeregisterStreamConsumerCommand({ ConsumerARN }));
      await eventually(async () => {
        const { Consumers } = await bench.client.send(new ListStreamConsumersCommand({ StreamARN }));
        return Consumers?.length === 0;
      }, PATIENCE);
      const gone = bench.client.send(new DescribeStreamConsumerCommand({ ConsumerARN }));
      expect(await errorOf(gone)).toBe('ResourceNotFoundException');
    },
  },
  {
    operation: 'SubscribeToShard',
    does: 'pushes what is there and what comes',
    skip: NO_FAN_OUT,
    run: async (bench) => {
      const StreamName = await bench.stream();
      const ConsumerARN = await consumer(bench, await arnOf(bench, StreamName));
      await bench.put(StreamName, 'key', 'r0');
      const { EventStream } = await bench.client.send(
        new SubscribeToShardCommand({ ConsumerARN, ShardId: FIRST, StartingPosition: { Type: 'TRIM_HORIZON' } }),
      );
      const reading = pushed(EventStream, 3);
      await bench.put(StreamName, 'key', 'r1');
      await bench.put(StreamName, 'key', 'r2');
      expect(await reading).toEqual(['r0', 'r1', 'r2']);
    },
  },
  {
    operation: 'SubscribeToShard',
    does: 'refuses an unknown consumer',
    skip: NO_FAN_OUT,
    run: async (bench) => {
      const StreamARN = await arnOf(bench, await bench.stream());
      const subscribe = bench.client.send(
        new SubscribeToShardCommand({
          ConsumerARN: `${StreamARN}/consumer/nobody:1700000000`,
          ShardId: FIRST,
          StartingPosition: { Type: 'LATEST' },
        }),
      );
      expect(await errorOf(subscribe)).toBe('ResourceNotFoundException');
    },
  },
];
