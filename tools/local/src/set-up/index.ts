export { createBucket } from './bucket.js';
export { createStreams } from './streams.js';
export { registerSymbols } from './symbols.js';
export { createTables } from './tables.js';
