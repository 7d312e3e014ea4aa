import { CommandFailure } from '@supernoba/command';
import { pathToFileURL } from 'node:url';

/** Records of one call: what an event source mapping hands over unless told otherwise. */
const BATCH_RECORDS = 100;

type Handler = (batch: {
  Records: { kinesis: { sequenceNumber: string; data: string } }[];
}) => Promise<{ batchItemFailures: unknown[] }>;

/**
 * Hands every record of the fills stream to the Lambda `trade-history`, as Kinesis would, and lets it write to the stand-in
 * at `port`.
 *
 * @param records base64, in their order
 * @returns CPU-seconds of this process, in which the Lambda runs
 * @throws CommandFailure where it could not store one
 */
export async function storeTrades(bundle: string, port: number, records: readonly string[]): Promise<number> {
  Object.assign(process.env, {
    AWS_REGION: 'ap-northeast-2',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  });
  const { handler } = (await import(pathToFileURL(bundle).href)) as { handler: Handler };
  const before = process.cpuUsage();
  for (let first = 0; first < records.length; first += BATCH_RECORDS) {
    const some = records.slice(first, first + BATCH_RECORDS);
    const Records = some.map((data, index) => ({ kinesis: { sequenceNumber: String(first + index), data } }));
    const { batchItemFailures } = await handler({ Records });
    if (batchItemFailures.length > 0) throw new CommandFailure('trade-history could not store what it was given');
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
