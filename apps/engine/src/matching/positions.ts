export { comparePositions, type Position } from '@supernoba/protocol';
