import type { SymbolMachine, SymbolOutput } from '@supernoba/engine/matching';
import { tradeKeys, tradeNumber, type FillEvent, type TradeRecord } from '@supernoba/protocol';
import type { Findings } from '../findings.js';
import type { HeldRow } from '../held.js';
import type { Observer, Step } from '../replay.js';

const STORE = 'trade_history';
/** A row that is missing for longer is no longer on its way, ms. */
const ROW_WITHIN_MS = 600_000;

/**
 * Every execution is one row of `trade_history`, and nothing else is. Those behind the last row of a symbol are on their
 * way for ten minutes: the consumer of the fills stream writes them later than the engine publishes.
 */
export class TradeRowCheck implements Observer {
  readonly #expected = new Map<string, { row: TradeRecord & HeldRow; symbol: string; published: boolean }>();

  constructor(private readonly findings: Findings) {}

  moved({ symbol }: SymbolMachine, output: SymbolOutput | undefined, { published }: Step): void {
    for (const text of output?.fills ?? []) {
      const fill = JSON.parse(text) as FillEvent;
      this.#expected.set(fill.trade_id, { row: expectedRow(fill), symbol, published });
    }
  }

  /** @param checkpointsAt when the checkpoints were read, epoch ms; unknown, no row is late */
  finish(rows: readonly HeldRow[], checkpointsAt = -Infinity): void {
    const seen = new Set<string>();
    const highest = new Map<string, number>();
    for (const row of rows) {
      const id = String(row['trade_id']);
      if (seen.has(id)) this.findings.differ(STORE, `the trade ${id} has two rows; one of them: ${sorted(row)}`);
      seen.add(id);
      const expected = this.#expected.get(id);
      // A row may have more attributes than a reader knows.
      const known = expected === undefined ? row : pick(row, Object.keys(expected.row));
      this.findings.count('rowsCompared');
      this.findings.same(STORE, `trade ${id}`, expected && sorted(expected.row), sorted(known));
      if (expected === undefined) continue;
      highest.set(expected.symbol, Math.max(highest.get(expected.symbol) ?? 0, expected.row.trade_no));
    }
    for (const [id, { row, symbol, published }] of this.#expected) {
      if (seen.has(id)) continue;
      const isLate = published && row.timestamp < checkpointsAt - ROW_WITHIN_MS;
      const isHole = row.trade_no < (highest.get(symbol) ?? 0);
      if (isHole || isLate) this.findings.same(STORE, `trade ${id}`, sorted(row), undefined);
      else if (published) this.findings.count('tradeRowsBehind');
      else this.findings.notComparable(`${STORE}: not published yet when it was read`);
    }
  }
}

function expectedRow(fill: FillEvent): TradeRecord & HeldRow {
  const record = tradeRecord(fill);
  const { trade_no: tradeNo, timestamp, buyer_user_id: buyerUserId, seller_user_id: sellerUserId } = record;
  return {
    ...tradeKeys(fill.symbol, { tradeNo, timestamp, buyerUserId, sellerUserId }),
    symbol: fill.symbol,
    ...record,
  };
}

/** An execution as table and archive hold it, keys aside. */
export function tradeRecord({ trade_id, seq, timestamp, price, quantity, buyer, seller }: FillEvent): TradeRecord {
  return {
    trade_no: tradeNumber(trade_id),
    trade_id,
    seq,
    timestamp,
    price,
    quantity,
    taker_is_buy: !buyer.is_maker,
    buyer_order_id: buyer.order_id,
    buyer_user_id: buyer.user_id,
    seller_order_id: seller.order_id,
    seller_user_id: seller.user_id,
  };
}

function pick(row: HeldRow, names: readonly string[]): HeldRow {
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}

function sorted(row: object): string {
  return JSON.stringify(Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))));
}
