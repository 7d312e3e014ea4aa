import { EngineError } from '../errors.js';
import type { MachineState, SymbolMachine } from '../matching/symbol-machine.js';

/** First four bytes of a snapshot: kind and version of the format. */
const MAGIC = Buffer.from('SNB1');
const HEADER_BYTES = MAGIC.length + 4;

export interface SymbolSnapshot {
  book: Uint8Array;
  state: MachineState;
}

/** A symbol as bytes: magic, length of the state, state as JSON, the book's own bytes. The same state gives the same bytes. */
export function encodeSnapshot(machine: SymbolMachine): Uint8Array {
  const state = Buffer.from(JSON.stringify(machine.state()));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(state.byteLength);
  return Buffer.concat([MAGIC, length, state, machine.book.snapshot()]);
}

/** @throws EngineError `BAD_SNAPSHOT` for bytes of another format or version */
export function decodeSnapshot(bytes: Uint8Array): SymbolSnapshot {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.byteLength < HEADER_BYTES || !buffer.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new EngineError('BAD_SNAPSHOT', 'the snapshot is of an unknown format');
  }
  const end = HEADER_BYTES + buffer.readUInt32BE(MAGIC.length);
  if (end > buffer.byteLength) throw new EngineError('BAD_SNAPSHOT', 'the snapshot is cut short');
  const state = JSON.parse(buffer.toString('utf8', HEADER_BYTES, end)) as MachineState;
  return { state, book: buffer.subarray(end) };
}
