import type { BackoffPorts, Lifetime } from '../backoff.js';
import type { KinesisPort } from '../ports.js';
import type { Destination } from './destination.js';
import { EventStream } from './event-stream.js';

/** Every execution, to the stream `supernoba-fills`. */
export function fillsStream(stream: string, kinesis: KinesisPort, ports: BackoffPorts, life: Lifetime): Destination {
  return new EventStream('fills', stream, ({ fills }) => fills, kinesis, ports, life);
}
