import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** An execution the tape's own exchange reported: maker, price, quantity; a fourth element marks it as doubtful. */
export type TapeFill = [makerId: string, price: number, quantity: number, doubt?: string];

/** The book the tape's exchange showed after a row, best first, and how much of it a correct book must show. */
export interface TapeSnap {
  bids: [price: number, quantity: number][];
  asks: [price: number, quantity: number][];
  agrees: string;
}

export type TapeOperation =
  | { op: 'add'; id: string; side: 'buy' | 'sell'; price: number; qty: number; seed?: boolean }
  | { op: 'cancel'; id: string }
  | { op: 'reduce'; id: string; by: number }
  | { op: 'reprice'; id: string; price: number }
  | { op: 'take'; side: 'buy' | 'sell'; price: number; qty: number };

export interface TapeRow {
  i: number;
  ops: TapeOperation[];
  fills?: TapeFill[];
  snap?: TapeSnap;
}

const OPERATIONS = new Set(['add', 'cancel', 'reduce', 'reprice', 'take']);

/**
 * Reads recorded orders, one JSON row a line, plain or gzip.
 *
 * @throws Error naming the line that is no row
 */
export function readTape(file: string): TapeRow[] {
  const bytes = readFileSync(file);
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => parseRow(line, index + 1));
}

function parseRow(line: string, number: number): TapeRow {
  let row: Partial<TapeRow>;
  try {
    row = JSON.parse(line) as Partial<TapeRow>;
  } catch (error) {
    throw new Error(`line ${number} is not JSON`, { cause: error });
  }
  if (!Array.isArray(row.ops) || !row.ops.every((operation) => OPERATIONS.has(operation.op))) {
    throw new Error(`line ${number} has no list of operations (add, cancel, reduce, reprice, take) in "ops"`);
  }
  return { ...row, i: row.i ?? number - 1, ops: row.ops };
}
