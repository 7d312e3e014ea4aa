export * from './codes.js';
export { createOrderBook, restoreOrderBook } from './create-order-book.js';
export { EventListeners } from './event-listeners.js';
export type * from './order-book.js';
export { DEFAULT_LIMITS, RULES_VERSION, type BookLimits } from './rules/limits.js';
export { SnapshotError, type SnapshotErrorCode } from './snapshot/snapshot-error.js';
