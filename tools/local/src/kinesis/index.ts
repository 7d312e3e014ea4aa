export type { KinesisLog } from './context.js';
export { KinesisDataError } from './errors.js';
export type { FaultKind, FaultRule, Faults } from './faults.js';
export { readKinesisFlags, runKinesis, KinesisUsageError } from './main.js';
export { startKinesisServer, type KinesisServer, type KinesisServerOptions } from './server.js';
