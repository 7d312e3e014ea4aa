import { STREAMS } from '@supernoba/protocol';
import { gunzipSync } from 'node:zlib';
import { EventTally } from './tally.js';

interface PutRecords {
  StreamName: string;
  Records: { PartitionKey: string; Data: string }[];
}

const ACKNOWLEDGED = '{"SequenceNumber":"1","ShardId":"shardId-000000000000"}';

/** The streams that the engine writes to. */
export class EventStreams {
  readonly fills = new EventTally();
  readonly statuses = new EventTally();
  /** Records of the fills stream as they came, base64: what its consumers get. */
  readonly fillRecords: string[] = [];
  /** TICK records: acknowledged, and never read, since no timer of the run is due. */
  ticks = 0;

  /** The answer of PutRecords, as JSON. */
  put(body: string): string {
    const { StreamName: stream, Records: records } = JSON.parse(body) as PutRecords;
    const tally = { [STREAMS.fills.name]: this.fills, [STREAMS.orderStatus.name]: this.statuses }[stream];
    for (const { PartitionKey: symbol, Data: data } of records) {
      if (tally === undefined) this.ticks += 1;
      else tally.add(symbol, eventsJson(Buffer.from(data, 'base64')));
      if (tally === this.fills) this.fillRecords.push(data);
    }
    return `{"FailedRecordCount":0,"Records":[${records.map(() => ACKNOWLEDGED).join(',')}]}`;
  }
}

/** The events of a record joined by commas, however it was packed. */
export function eventsJson(data: Buffer): string {
  const json = (data[0] === 0x1f ? gunzipSync(data) : data).toString('utf8');
  return json.startsWith('[') ? json.slice(1, -1) : json;
}
