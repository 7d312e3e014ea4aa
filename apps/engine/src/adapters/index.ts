export { DynamoAdapter } from './dynamodb.js';
export { systemClock, systemRandom, systemTimers } from './system.js';
export { ValkeyAdapter } from './valkey.js';
