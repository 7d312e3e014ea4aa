import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import { decodeEvents, type ExchangeEvent } from '@supernoba/protocol';
import { gunzipSync } from 'node:zlib';

/** Every event of a symbol that an event stream holds, each `seq` once, in order. */
export async function readEvents<Event extends ExchangeEvent>(
  kinesis: KinesisClient,
  StreamName: string,
  symbol: string,
): Promise<Event[]> {
  const bySeq = new Map<number, Event>();
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
  for (const { ShardId } of Shards) {
    let { ShardIterator: iterator } = await kinesis.send(
      new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    );
    for (let behind = 1; iterator !== undefined && behind > 0;) {
      const answer = await kinesis.send(new GetRecordsCommand({ ShardIterator: iterator }));
      for (const { Data, PartitionKey } of answer.Records ?? []) {
        if (PartitionKey !== symbol || !Data) continue;
        const inflate = (bytes: Uint8Array, maxOutputLength: number) => gunzipSync(bytes, { maxOutputLength });
        for (const event of decodeEvents(Data, inflate) as Event[]) {
          const known = bySeq.get(event.seq);
          if (known) expect(event).toEqual(known);
          bySeq.set(event.seq, event);
        }
      }
      iterator = answer.NextShardIterator;
      behind = answer.Records?.length || answer.MillisBehindLatest || 0;
    }
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}
