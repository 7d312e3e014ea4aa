/**
 * The order-flow file: a header of 64 bytes with the expected outcome, then records of 16 bytes, all little-endian.
 * The same format is read by drivers of engines in other languages, so that any engine can be fed the same flow.
 */
export const MAGIC = 'OBWL0001';
export const HEADER_BYTES = 64;
export const RECORD_BYTES = 16;

export const RecordType = { Add: 0, Cancel: 1, Replace: 2 } as const;

export interface WorkloadHeader {
  /** Leading ADD records that build the book, and records of the mix after them. */
  preload: number;
  mix: number;
  /** Ids are 1 to `maxId`, in the order of their ADD. */
  maxId: number;
  /** Expected outcome: executions, their quantity, the sum of maker price × quantity, and a hash over them in order. */
  trades: number;
  quantity: bigint;
  notional: bigint;
  tradeHash: number;
  /** Resting orders at the end, and a hash over the top 10 levels of bids, then asks: price, open quantity, orders. */
  finalLive: number;
  depthHash: number;
}

export interface Workload {
  header: WorkloadHeader;
  /** Fields of record n: `types[n]`, `sides[n]` (0 buy, 1 sell), `ids[n]`, `prices[n]`, `quantities[n]`. */
  types: Uint8Array;
  sides: Uint8Array;
  ids: Uint32Array;
  prices: Uint32Array;
  quantities: Uint32Array;
}

export const HASH_START = 2_166_136_261;

/** One step of the hash: xor, then times the FNV prime, modulo 2^32. */
export function hashStep(hash: number, value: number): number {
  return Math.imul(hash ^ value, 16_777_619) >>> 0;
}

/** @throws Error when the bytes are no such file, or cut short */
export function decodeWorkload(bytes: Uint8Array): Workload {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = bytes.byteLength < HEADER_BYTES ? '' : String.fromCharCode(...bytes.subarray(0, 8));
  if (magic !== MAGIC) throw new Error(`not an order-flow file: it does not begin with ${MAGIC}`);
  const u32 = (at: number) => view.getUint32(at, true);
  const header: WorkloadHeader = {
    preload: u32(8),
    mix: u32(12),
    maxId: u32(16),
    trades: Number(view.getBigUint64(24, true)),
    quantity: view.getBigUint64(32, true),
    notional: view.getBigUint64(40, true),
    tradeHash: u32(48),
    finalLive: u32(52),
    depthHash: u32(56),
  };
  const count = header.preload + header.mix;
  if (bytes.byteLength !== HEADER_BYTES + count * RECORD_BYTES) {
    throw new Error(`the file has ${bytes.byteLength} bytes, its header wants ${HEADER_BYTES + count * RECORD_BYTES}`);
  }
  const workload = emptyWorkload(header, count);
  for (let index = 0; index < count; index += 1) {
    const at = HEADER_BYTES + index * RECORD_BYTES;
    const type = view.getUint8(at);
    if (type > RecordType.Replace) throw new Error(`record ${index} has the unknown type ${type}`);
    workload.types[index] = type;
    workload.sides[index] = view.getUint8(at + 1);
    workload.ids[index] = u32(at + 4);
    workload.prices[index] = u32(at + 8);
    workload.quantities[index] = u32(at + 12);
  }
  return workload;
}

export function encodeWorkload(workload: Workload): Uint8Array {
  const { header } = workload;
  const count = header.preload + header.mix;
  const bytes = new Uint8Array(HEADER_BYTES + count * RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < MAGIC.length; index += 1) bytes[index] = MAGIC.charCodeAt(index);
  view.setUint32(8, header.preload, true);
  view.setUint32(12, header.mix, true);
  view.setUint32(16, header.maxId, true);
  view.setBigUint64(24, BigInt(header.trades), true);
  view.setBigUint64(32, header.quantity, true);
  view.setBigUint64(40, header.notional, true);
  view.setUint32(48, header.tradeHash, true);
  view.setUint32(52, header.finalLive, true);
  view.setUint32(56, header.depthHash, true);
  for (let index = 0; index < count; index += 1) {
    const at = HEADER_BYTES + index * RECORD_BYTES;
    view.setUint8(at, workload.types[index]!);
    view.setUint8(at + 1, workload.sides[index]!);
    view.setUint32(at + 4, workload.ids[index]!, true);
    view.setUint32(at + 8, workload.prices[index]!, true);
    view.setUint32(at + 12, workload.quantities[index]!, true);
  }
  return bytes;
}

export function emptyWorkload(header: WorkloadHeader, count: number): Workload {
  return {
    header,
    types: new Uint8Array(count),
    sides: new Uint8Array(count),
    ids: new Uint32Array(count),
    prices: new Uint32Array(count),
    quantities: new Uint32Array(count),
  };
}
