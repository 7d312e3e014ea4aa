export * from './keys.js';
export * from './patterns.js';
export * from './delete-own-keys.js';
export type * from './script.js';
export * from './scripts/market-data.js';
export * from './scripts/candles.js';
export * from './scripts/connections.js';
export * from './scripts/symbols.js';
export * from './scripts/snapshot-copy.js';
