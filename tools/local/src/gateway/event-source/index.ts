export { KinesisEventSource, type EventSourcePorts } from './kinesis-source.js';
