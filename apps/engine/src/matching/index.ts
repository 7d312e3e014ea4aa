export { orderBooks, RULES_VERSION, type BookFactory } from './books.js';
export { depthFrame, tickerFrame } from './frames.js';
export type { MinuteCandle } from './market-fold.js';
export { BatchOutput, type DeadLetter, type SymbolOutput } from './output.js';
export { comparePositions, type Position } from './positions.js';
export { SnapshotNeeded } from './restores.js';
export { ShardMatcher } from './shard-matcher.js';
export { SymbolMachine, type MachineState } from './symbol-machine.js';
