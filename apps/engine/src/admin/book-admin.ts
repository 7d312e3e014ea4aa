import { ID_PATTERN, SYMBOL_PATTERN, USER_ID_PATTERN, type SymbolRecord } from '@supernoba/protocol';
import { Lifetime, retry } from '../backoff.js';
import type { Engine, HeldBook } from '../engine.js';
import { EngineError } from '../errors.js';
import { PortError, type EnginePorts } from '../ports.js';
import { BookAdminError } from './book-admin-error.js';
import type { Journalled, Request, SnapshotInfo } from './generated/supernoba/engine/v1/snapshot_service.js';
import type { OperatorSnapshots } from './operator-snapshots.js';

/** Longest time that a call to Kinesis or DynamoDB is tried again, ms. */
const TRY_MS = 5_000;

export interface BookAdminOptions {
  engine: Pick<Engine, 'heldBooks'>;
  ports: EnginePorts;
  snapshots: OperatorSnapshots;
  ordersStream: string;
  auditTable: string;
}

/**
 * What an operator does to the books of this engine. A change is an audit row and then a SYMBOL record of the journal, or
 * it does not happen; nothing reaches into a book. All methods throw or reject with {@link BookAdminError}.
 */
export class BookAdmin {
  readonly #life = new Lifetime();

  constructor(private readonly options: BookAdminOptions) {}

  /** Gives up what is still being tried. */
  close(): void {
    this.#life.end();
  }

  /** Every book held, in alphabetical order. */
  list(): HeldBook[] {
    return [...this.options.engine.heldBooks()].sort((a, b) => (a.machine.symbol < b.machine.symbol ? -1 : 1));
  }

  /** Stores the book as it stands. */
  createSnapshot(symbol: string): Promise<SnapshotInfo> {
    const { machine } = this.#held(symbol);
    return this.#tried('snapshot', () => this.options.snapshots.take(machine));
  }

  /** A stored snapshot, the newest of the symbol where `key` is ''. */
  snapshot(symbol: string, key: string): Promise<{ info: SnapshotInfo; bytes: Uint8Array }> {
    checkSymbol(symbol);
    return this.#tried('snapshot', () => this.options.snapshots.read(symbol, key));
  }

  /** Puts the orders of a stored snapshot in the place of those in the book. */
  async restore(
    request: Request | undefined,
    symbol: string,
    key: string,
  ): Promise<Journalled & { info: SnapshotInfo }> {
    this.#held(symbol);
    const { info } = await this.snapshot(symbol, key);
    const snapshot = { key: info.key, sha256: info.sha256 };
    return { ...(await this.#change(request, symbol, [{ op: 'RESTORE', snapshot }])), info };
  }

  /** Cancels every order and delists the symbol; its numbers are kept for ever. */
  remove(request: Request | undefined, symbol: string): Promise<Journalled> {
    return this.#change(request, symbol, [{ op: 'CANCEL_ALL' }, { op: 'DELIST' }]);
  }

  cancelOrder(request: Request | undefined, symbol: string, orderId: string): Promise<Journalled> {
    if (!ID_PATTERN.test(orderId)) throw badRequest('order_id', ID_PATTERN);
    return this.#change(request, symbol, [{ op: 'CANCEL', order_id: orderId }]);
  }

  /** Cancels every order of the symbol, or of one user where `userId` is not ''. */
  cancelAll(request: Request | undefined, symbol: string, userId: string): Promise<Journalled> {
    if (userId !== '' && !USER_ID_PATTERN.test(userId)) throw badRequest('user_id', USER_ID_PATTERN);
    return this.#change(request, symbol, [{ op: 'CANCEL_ALL', ...(userId === '' ? {} : { user_id: userId }) }]);
  }

  /** A name that was never traded must not open a book by mistake: only what this engine holds can be changed here. */
  #held(symbol: string): HeldBook {
    checkSymbol(symbol);
    for (const book of this.options.engine.heldBooks()) if (book.machine.symbol === symbol) return book;
    throw new BookAdminError('UNKNOWN_SYMBOL', `this engine holds no book of ${symbol}`);
  }

  async #change(request: Request | undefined, symbol: string, changes: readonly Change[]): Promise<Journalled> {
    this.#held(symbol);
    const actor = request?.actor ?? '';
    if (!USER_ID_PATTERN.test(actor)) throw badRequest('actor', USER_ID_PATTERN);
    const requestId = request?.requestId || this.#newRequestId();
    if (!ID_PATTERN.test(requestId)) throw badRequest('request_id', ID_PATTERN);
    const records = changes.map((change): SymbolRecord => {
      return { action: 'SYMBOL', symbol, request_id: requestId, actor, ...change };
    });
    await this.#tried('audit', () => this.#audit(records, requestId));
    await this.#tried('journal', () => this.#append(symbol, records));
    const ops = records.map(({ op }) => op);
    this.options.ports.logger.warn({ symbol, ops, actor, requestId }, 'an operator changes a book');
    return { requestId, symbol };
  }

  async #audit(records: readonly SymbolRecord[], requestId: string): Promise<void> {
    const { dynamo, clock } = this.options.ports;
    const at = `${String(clock.now()).padStart(13, '0')}#${requestId}`;
    const [{ symbol, actor }] = records as [SymbolRecord];
    const row = { op: records.map(({ op }) => op).join('+'), actor, request_id: requestId, records: [...records] };
    await dynamo.update(this.options.auditTable, { symbol, at }, row, {});
  }

  /** A repeat after a lost answer is harmless: no operation here does more the second time, RESTORE is known by its request id. */
  async #append(symbol: string, records: readonly SymbolRecord[]): Promise<void> {
    const { kinesis } = this.options.ports;
    const data = Buffer.from(JSON.stringify(records.length === 1 ? records[0] : records));
    const [problem] = await kinesis.putRecords(this.options.ordersStream, [{ partitionKey: symbol, data }]);
    if (problem !== undefined) throw new PortError('THROTTLED', problem);
  }

  #newRequestId(): string {
    const { random, clock } = this.options.ports;
    return `adm_${clock.now().toString(36)}_${Math.floor(random.next() * 2 ** 48).toString(36)}`;
  }

  async #tried<T>(label: string, call: () => Promise<T>): Promise<T> {
    try {
      return await retry(call, this.options.ports, this.#life, { label: `operator ${label}`, forMs: TRY_MS });
    } catch (error) {
      if (!(error instanceof PortError) && !(error instanceof EngineError)) throw error;
      const doubt = label === 'journal' ? '; whether the journal has it is not known' : '';
      const message = `${label}: ${error.message}${doubt}`;
      throw new BookAdminError('UNAVAILABLE', message, { cause: error });
    }
  }
}

type Change = Pick<SymbolRecord, 'op' | 'order_id' | 'user_id' | 'snapshot'>;

function checkSymbol(symbol: string): void {
  if (!SYMBOL_PATTERN.test(symbol)) throw badRequest('symbol', SYMBOL_PATTERN);
}

function badRequest(field: string, pattern: RegExp): BookAdminError {
  return new BookAdminError('BAD_REQUEST', `${field}: a string matching ${pattern.source} is required`);
}
