export * from './codes.js';
export * from './limits.js';
export * from './orders.js';
export * from './positions.js';
export * from './order-builder.js';
export {
  decodeRecord,
  type DecodedElement,
  type DecodedEntry,
  type DecodedRecord,
  type DecodeFailure,
} from './decoder.js';
export * from './events.js';
export * from './order-state.js';
export * from './event-list.js';
export * from './event-codec.js';
export * from './market-data.js';
export * from './push.js';
export * from './http.js';
export * from './storage.js';
export * from './history-keys.js';
