import { EngineError } from '../errors.js';
import type { MachineState, SymbolMachine } from '../matching/symbol-machine.js';

/** First four bytes of a snapshot: kind and version of the format. */
const MAGIC = Buffer.from('SNB1');
const HEADER_BYTES = MAGIC.length + 4;

export interface SymbolSnapshot {
  book: Uint8Array;
  state: MachineState;
}

/** The bytes of a symbol's snapshot: of the same state always the same. */
export function encodeSnapshot(machine: SymbolMachine): Uint8Array {
  const pieces = [...captureSymbol(machine)];
  return Buffer.concat(pieces);
}

/**
 * A symbol as it is at this moment: magic, length of the state, state as JSON, the book's own bytes, in pieces that are
 * made as they are asked for. The market stands still for the call and for no longer than a piece takes.
 */
export function captureSymbol(machine: SymbolMachine): Iterable<Uint8Array> {
  const json = Buffer.from(JSON.stringify(machine.state()));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.byteLength);
  const book = machine.book.capture();
  return (function* () {
    yield Buffer.concat([MAGIC, length, json]);
    yield* book.encode();
  })();
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
