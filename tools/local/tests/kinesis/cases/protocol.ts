import { DescribeStreamSummaryCommand, PutRecordCommand } from '@aws-sdk/client-kinesis';
import type { Bench } from '../support/bench.js';
import type { AcceptanceCase } from '../support/case.js';

const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=local/20250101/ap-northeast-2/kinesis/aws4_request, SignedHeaders=host;x-amz-date, Signature=0';

/** A request as no SDK would send it. */
async function raw(bench: Bench, operation: string, body: string) {
  const answer = await fetch(bench.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `Kinesis_20131202.${operation}`,
      'x-amz-date': '20250101T000000Z',
      authorization: AUTHORIZATION,
    },
    body,
  });
  const { __type } = JSON.parse(await answer.text()) as { __type?: string };
  return { status: answer.status, type: __type?.split('#').at(-1) };
}

export const protocolCases: readonly AcceptanceCase[] = [
  {
    operation: 'any operation by StreamARN',
    does: 'finds the stream by its ARN alone',
    skip: { kinesalite: 'knows StreamName only' },
    run: async (bench) => {
      const StreamName = await bench.stream();
      const StreamARN = `arn:aws:kinesis:ap-northeast-2:000000000000:stream/${StreamName}`;
      const put = await bench.client.send(
        new PutRecordCommand({ StreamARN, PartitionKey: 'key', Data: Buffer.from('x') }),
      );
      expect(put.ShardId).toBe('shardId-000000000000');
      const { StreamDescriptionSummary } = await bench.client.send(new DescribeStreamSummaryCommand({ StreamARN }));
      expect(StreamDescriptionSummary?.StreamName).toBe(StreamName);
    },
  },
  {
    operation: 'a malformed request',
    does: 'is answered 400 and leaves the server well',
    run: async (bench) => {
      expect((await raw(bench, 'ListStreams', 'no json')).status).toBe(400);
      expect((await raw(bench, 'PutRecord', '{"StreamName":7}')).status).toBe(400);
      expect((await raw(bench, 'FlyToTheMoon', '{}')).status).toBe(400);
      expect(await bench.shards(await bench.stream())).toHaveLength(1);
    },
  },
];
