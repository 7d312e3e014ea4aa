import type { BackoffPorts, Lifetime } from '../backoff.js';
import type { KinesisPort } from '../ports.js';
import type { Destination } from './destination.js';
import { EventStream } from './event-stream.js';

/** Every change of, and answer about, an order, to the stream `supernoba-order-status`. */
export function orderStatusStream(
  stream: string,
  kinesis: KinesisPort,
  ports: BackoffPorts,
  life: Lifetime,
): Destination {
  return new EventStream('order-status', stream, ({ statuses }) => statuses, kinesis, ports, life);
}
