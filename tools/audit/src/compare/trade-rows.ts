import type { SymbolMachine, SymbolOutput } from '@supernoba/engine/matching';
import { tradeId, tradeKeys, type TradeRecord } from '@supernoba/protocol';
import type { Findings } from '../findings.js';
import type { HeldRow } from '../held.js';
import type { Observer, Step } from '../replay.js';

const STORE = 'trade_history';

type Execution = SymbolOutput['executions'][number];

/** Every execution is one row of `trade_history`, and nothing else is. */
export class TradeRowCheck implements Observer {
  readonly #expected = new Map<string, { row: HeldRow; published: boolean }>();

  constructor(private readonly findings: Findings) {}

  moved({ symbol }: SymbolMachine, output: SymbolOutput | undefined, { published }: Step): void {
    for (const execution of output?.executions ?? []) {
      this.#expected.set(tradeId(symbol, execution.tradeNo), { row: expectedRow(symbol, execution), published });
    }
  }

  finish(rows: readonly HeldRow[]): void {
    const seen = new Set<string>();
    for (const row of rows) {
      const id = String(row['trade_id']);
      if (seen.has(id)) this.findings.differ(STORE, `the trade ${id} has two rows; one of them: ${sorted(row)}`);
      seen.add(id);
      const expected = this.#expected.get(id);
      // A row may have more attributes than a reader knows.
      const known = expected === undefined ? row : pick(row, Object.keys(expected.row));
      this.findings.count('rowsCompared');
      this.findings.same(STORE, `trade ${id}`, expected && sorted(expected.row), sorted(known));
    }
    for (const [id, { row, published }] of this.#expected) {
      if (seen.has(id)) continue;
      if (published) this.findings.same(STORE, `trade ${id}`, sorted(row), undefined);
      else this.findings.notComparable(`${STORE}: not published yet when it was read`);
    }
  }
}

function expectedRow(symbol: string, execution: Execution): HeldRow {
  const record = tradeRecord(symbol, execution);
  const { trade_no: tradeNo, timestamp, buyer_user_id: buyerUserId, seller_user_id: sellerUserId } = record;
  return { ...tradeKeys(symbol, { tradeNo, timestamp, buyerUserId, sellerUserId }), symbol, ...record };
}

/** An execution as table and archive hold it, keys aside. */
export function tradeRecord(symbol: string, fill: Execution): TradeRecord {
  const [buyerOrder, buyerUser, sellerOrder, sellerUser] = fill.takerIsBuy
    ? [fill.takerOrderId, fill.takerUserId, fill.makerOrderId, fill.makerUserId]
    : [fill.makerOrderId, fill.makerUserId, fill.takerOrderId, fill.takerUserId];
  return {
    trade_no: fill.tradeNo,
    trade_id: tradeId(symbol, fill.tradeNo),
    seq: fill.seq,
    timestamp: fill.timestamp,
    price: fill.price,
    quantity: fill.quantity,
    taker_is_buy: fill.takerIsBuy,
    buyer_order_id: buyerOrder,
    buyer_user_id: buyerUser,
    seller_order_id: sellerOrder,
    seller_user_id: sellerUser,
  };
}

function pick(row: HeldRow, names: readonly string[]): HeldRow {
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}

function sorted(row: HeldRow): string {
  return JSON.stringify(Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))));
}
