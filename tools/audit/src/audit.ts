import { ArchiveCheck } from './compare/archive.js';
import { CandleRowCheck } from './compare/candle-rows.js';
import { CandleCheck } from './compare/candles.js';
import { DeadLetterCheck } from './compare/dead-letters.js';
import { EventCheck } from './compare/events.js';
import { MarketDataCheck } from './compare/market-data.js';
import { OrderRowCheck } from './compare/order-rows.js';
import { PreviousDayCheck } from './compare/previous-days.js';
import { SnapshotCheck } from './compare/snapshots.js';
import { Tape } from './compare/tape.js';
import { TradeRowCheck } from './compare/trade-rows.js';
import { Findings, type AuditReport } from './findings.js';
import type { HeldStores } from './held.js';
import { wholeJournal } from './journal.js';
import { replay, type Observer } from './replay.js';

/**
 * Replays the journal through the naive book and compares everything that the stores hold with what it gives.
 *
 * @param observers look at the same replay
 */
export function audit(held: HeldStores, observers: readonly Observer[] = []): AuditReport {
  const findings = new Findings();
  const events = new EventCheck(findings);
  const tradeRows = new TradeRowCheck(findings);
  const deadLetters = new DeadLetterCheck(findings);
  const orderRows = new OrderRowCheck(findings);
  const candleRows = held.history?.candleRows ?? [];
  const candles = new CandleCheck(candleRows, findings);
  const marketData = new MarketDataCheck(held.marketData, candles, findings);
  const snapshots = new SnapshotCheck(held.snapshots, findings);
  const tape = new Tape();
  const previousDays = new PreviousDayCheck(findings);
  const checks = [events, tradeRows, orderRows, deadLetters, candles, marketData, snapshots, tape, previousDays];
  replay(wholeJournal(held.shards, findings, held.checkpointsAt), [...checks, ...observers], {
    restoreObjects: held.restoreObjects ?? new Map<string, Uint8Array>(),
  });
  events.finish(held.fills, held.statuses, held.eventsKeptSince);
  if (held.tradeRows !== undefined) tradeRows.finish(held.tradeRows, held.checkpointsAt);
  if (held.orderRows !== undefined) orderRows.finish(held.orderRows);
  deadLetters.finish(held.deadLetterRows);
  marketData.finish();
  candles.finish(candleRows, (symbol, t) => marketData.holdsClosed(symbol, t));
  if (held.history !== undefined) {
    new CandleRowCheck(tape, findings).compare(held.history);
    new ArchiveCheck(tape, findings).compare(held.history);
  }
  if (held.previousDays !== undefined) previousDays.finish(held.previousDays);
  snapshots.finish();
  return findings.report();
}
