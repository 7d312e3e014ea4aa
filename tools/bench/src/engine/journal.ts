import { buildJournalOrder, type ClientOrder } from '@supernoba/protocol';
import { createHash } from 'node:crypto';
import { generateWorkload } from '../workload/generate.js';
import { RecordType } from '../workload/format.js';
import { proveFlow, type Flow } from '../orderbook/flow.js';

export const SHARDS = 4;
export const SYMBOLS_PER_SHARD = 4;
/** What one shard can be read at: 5 reads a second of 2,000 records. */
export const SHARD_RECORDS_PER_SECOND = 10_000;

const USERS = 1_000;
const HASH_RANGE = 1n << 128n;
const SEQUENCE_DIGITS = 56;
/** How long an order was on its way from the router to the stream, ms. */
const ROUTER_MS = 5;

/** What the flows of a run are made from: the same gives the same journal, byte for byte. */
export interface JournalPlan {
  seed: number;
  /** Commands of each symbol's flow. */
  commandsPerSymbol: number;
  /** Arrival of each shard's first record, epoch ms. */
  startMs: number;
  /** Whether an engine before read and published all of it. */
  isPublished: boolean;
}

export interface BenchShard {
  shardId: string;
  startingHashKey: string;
  endingHashKey: string;
  symbols: readonly string[];
}

export interface BenchRecord {
  sequenceNumber: string;
  arrivalMs: number;
  partitionKey: string;
  /** One journal entry as JSON, as the order router writes it. */
  json: string;
}

/** The shards of the orders stream, each with the first symbols `BENCH<n>` that Kinesis would put on it. */
export function benchShards(): BenchShard[] {
  const width = HASH_RANGE / BigInt(SHARDS);
  const symbols = Array.from({ length: SHARDS }, (): string[] => []);
  for (let number = 1; symbols.some(({ length }) => length < SYMBOLS_PER_SHARD); number += 1) {
    const symbol = `BENCH${number}`;
    const hash = BigInt(`0x${createHash('md5').update(symbol).digest('hex')}`);
    const list = symbols[Number(hash / width)]!;
    if (list.length < SYMBOLS_PER_SHARD) list.push(symbol);
  }
  return symbols.map((names, index) => ({
    shardId: `shardId-${String(index).padStart(12, '0')}`,
    startingHashKey: String(BigInt(index) * width),
    endingHashKey: String(BigInt(index + 1) * width - 1n),
    symbols: names,
  }));
}

/** Decimal and ascending, as long as those of Kinesis. */
export function sequenceNumber(index: number): string {
  return `496${String(index).padStart(SEQUENCE_DIGITS - 3, '0')}`;
}

/** @throws Error for what {@link sequenceNumber} did not make */
export function indexOfSequence(text: string): number {
  if (text.length !== SEQUENCE_DIGITS || !text.startsWith('496'))
    throw new Error(`no sequence number of ours: ${text}`);
  return Number(text.slice(3));
}

/** The orders of one shard: those of its symbols in turn, one order a record, each symbol's by a flow of its own. */
export class ShardJournal {
  readonly #flows: Flow[];
  readonly #ids: JournalIds[];

  constructor(
    readonly shard: BenchShard,
    shardIndex: number,
    private readonly plan: JournalPlan,
  ) {
    const seeds = shard.symbols.map((_, place) => plan.seed + shardIndex * SYMBOLS_PER_SHARD + place);
    this.#flows = seeds.map((seed) => proveFlow(generateWorkload(0, plan.commandsPerSymbol, seed)));
    this.#ids = seeds.map((seed) => new JournalIds(seed, plan.startMs));
  }

  get length(): number {
    return this.plan.commandsPerSymbol * this.shard.symbols.length;
  }

  /** @param index 0 to `length` − 1 */
  record(index: number): BenchRecord {
    const { symbols } = this.shard;
    const place = index % symbols.length;
    const symbol = symbols[place]!;
    const arrivalMs = this.plan.startMs + Math.floor((index * 1000) / SHARD_RECORDS_PER_SECOND);
    const order = this.#order(place, Math.floor(index / symbols.length), symbol, arrivalMs - ROUTER_MS);
    return { sequenceNumber: sequenceNumber(index), arrivalMs, partitionKey: symbol, json: JSON.stringify(order) };
  }

  #order(place: number, command: number, symbol: string, timestamp: number) {
    const flow = this.#flows[place]!;
    const ids = this.#ids[place]!;
    const id = flow.ids[command]!;
    const orderId = ids.order(id);
    return buildJournalOrder(clientOrder(flow, command, symbol, orderId), {
      userId: ids.user(id % USERS),
      newOrderId: () => orderId,
      newRequestId: () => ids.request(command),
      timestamp,
    });
  }
}

function clientOrder(flow: Flow, command: number, symbol: string, orderId: string): ClientOrder {
  const price = flow.prices[command]!;
  const quantity = flow.quantities[command]!;
  switch (flow.types[command]) {
    case RecordType.Add:
      return { action: 'ADD', symbol, order_id: orderId, is_buy: flow.sides[command] === 0, price, quantity };
    case RecordType.Cancel:
      return { action: 'CANCEL', symbol, order_id: orderId };
    default:
      // The flow names what shall be open, the journal the new total.
      return { action: 'REPLACE', symbol, order_id: orderId, price, quantity: flow.filledBefore[command]! + quantity };
  }
}

/** Ids as the exchange gives them (UUIDs behind a prefix), random to a packer and the same in every process. */
class JournalIds {
  readonly #time: string;
  readonly #users: readonly string[];

  constructor(
    private readonly seed: number,
    startMs: number,
  ) {
    const hex = startMs.toString(16).padStart(12, '0');
    this.#time = `${hex.slice(0, 8)}-${hex.slice(8)}`;
    // The same users trade every symbol.
    this.#users = Array.from({ length: USERS }, (_, user) => `${word(user, 1)}-${this.#tail(user, 2, 0)}`);
  }

  order(id: number): string {
    return `ord_${this.#time}-${this.#tail(id, 3, this.seed)}`;
  }

  request(command: number): string {
    return `req_${this.#time}-${this.#tail(command, 4, this.seed)}`;
  }

  user(user: number): string {
    return this.#users[user]!;
  }

  /** The last groups of a UUID. */
  #tail(number: number, kind: number, seed: number): string {
    const first = word(number, seed * 16 + kind);
    const second = word(number, seed * 16 + kind + 8);
    const group = kind === 2 ? `${first.slice(4)}-4${first.slice(1, 4)}` : `7${first.slice(1, 4)}`;
    return `${group}-8${second.slice(1, 4)}-${second.slice(4)}${number.toString(16).padStart(8, '0')}`;
  }
}

/** Eight hex digits out of a number: a finaliser of MurmurHash3, which spreads every bit. */
function word(number: number, salt: number): string {
  let hash = (number ^ Math.imul(salt, 0x9e3779b1)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, '0');
}
