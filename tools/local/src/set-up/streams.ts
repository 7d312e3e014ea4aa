import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  IncreaseStreamRetentionPeriodCommand,
  ResourceInUseException,
  waitUntilStreamExists,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';

const CREATE_TIMEOUT_S = 20;

/** The journal must reach back at least seven days. */
const RETENTION_HOURS = 7 * 24;

/** Creates the streams that do not exist, and lets all keep their records for a week; one that exists keeps its shards. */
export async function createStreams(
  kinesis: KinesisClient,
  streams: readonly { name: string; shards: number }[],
): Promise<void> {
  await Promise.all(streams.map(({ name, shards }) => createStream(kinesis, name, shards)));
}

async function createStream(kinesis: KinesisClient, name: string, shards: number): Promise<void> {
  try {
    await kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilStreamExists(
    { client: kinesis, maxWaitTime: CREATE_TIMEOUT_S, minDelay: 1, maxDelay: 1 },
    { StreamName: name },
  );
  const { StreamDescriptionSummary: summary } = await kinesis.send(
    new DescribeStreamSummaryCommand({ StreamName: name }),
  );
  if ((summary?.RetentionPeriodHours ?? 0) >= RETENTION_HOURS) return;
  const wanted = { StreamName: name, RetentionPeriodHours: RETENTION_HOURS };
  await kinesis.send(new IncreaseStreamRetentionPeriodCommand(wanted));
}
