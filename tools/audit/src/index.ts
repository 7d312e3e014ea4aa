export { audit } from './audit.js';
export { METRICS, type AuditReport, type Difference, type Metric } from './findings.js';
export type {
  HeldEvent,
  HeldHistory,
  HeldMarketData,
  HeldRow,
  HeldShard,
  HeldSnapshot,
  HeldStores,
  HeldStream,
} from './held.js';
export { readSnapshots } from './read/snapshots.js';
export type { Observer, Step } from './replay.js';
