import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { replay, type Step } from '@supernoba/audit/journal';
import { CommandFailure } from '@supernoba/command';
import { orderBooks } from '@supernoba/engine/matching';
import { createOrderWriter, tradeRow } from '@supernoba/history';
import type { FillEvent, OrderStatusEvent } from '@supernoba/protocol';
import { readWholeJournal } from './journal.js';
import { OrderCollector } from './order-collector.js';
import { putRows, type TableRow } from './row-writer.js';
import { ProgressBar } from './progress.js';
import type { Rebuild, Rebuilt } from './rebuild.js';

/** Every execution of the range as a row of `trade_history`, out of the journal. */
export async function rebuildTrades(rebuild: Rebuild): Promise<Rebuilt> {
  const { clients, settings, range, symbol, signal } = rebuild;
  const rows: TableRow[] = [];
  const stepped = ({ output }: Step): void => {
    for (const [name, { fills }] of output.symbols) {
      if (symbol !== undefined && name !== symbol) continue;
      for (const json of fills) {
        const fill = JSON.parse(json) as FillEvent;
        if (fill.timestamp >= range.from && fill.timestamp <= range.to) rows.push({ ...tradeRow(fill) });
      }
    }
  };
  const read = await replayJournal(rebuild, stepped);
  const bar = new ProgressBar('trades written', rows.length, process.stderr);
  const documents = DynamoDBDocumentClient.from(clients.dynamo);
  await inPortions(rows, signal, async (portion) => {
    await putRows(documents, settings.DYNAMODB_TABLE, portion);
    bar.add(portion.length);
  });
  return { read, written: rows.length };
}

/** The last state of every order that something happened to in the range as a row of `order_history`, out of the journal. */
export async function rebuildOrders(rebuild: Rebuild): Promise<Rebuilt> {
  const { clients, settings, range, symbol, signal } = rebuild;
  const collector = new OrderCollector(range, symbol);
  const stepped = ({ output }: Step): void => {
    for (const { statuses } of output.symbols.values()) {
      for (const json of statuses) collector.add(JSON.parse(json) as OrderStatusEvent);
    }
  };
  const read = await replayJournal(rebuild, stepped);
  const changes = collector.changes();
  const bar = new ProgressBar('orders written', changes.length, process.stderr);
  const table = { dynamo: () => Promise.resolve(clients.dynamo), name: settings.ORDER_HISTORY_TABLE };
  const writer = createOrderWriter(table, { repair: true });
  await inPortions(changes, signal, async (portion) => {
    const [failure] = await writer.write(portion);
    if (failure !== undefined) {
      const { order_id: id, symbol: name } = failure.change.last;
      throw new CommandFailure(`order ${id} of ${name} could not be written: ${String(failure.error)}`);
    }
    bar.add(portion.length);
  });
  return { read, written: changes.length };
}

/** Replays the whole journal through the engine's own matching. Returns how many records it has. */
async function replayJournal(
  { clients, settings, signal, say }: Rebuild,
  stepped: (step: Step) => void,
): Promise<number> {
  say('reading the journal …');
  const { shards, records, restoreObjects } = await readWholeJournal(clients, settings, signal);
  say(`replaying ${records.toLocaleString('en-US')} records …`);
  replay(shards, [{ stepped }], { books: orderBooks, restoreObjects });
  return records;
}

const PORTION = 1_000;

async function inPortions<T>(
  all: readonly T[],
  signal: AbortSignal,
  write: (portion: T[]) => Promise<void>,
): Promise<void> {
  for (let first = 0; first < all.length; first += PORTION) {
    signal.throwIfAborted();
    await write(all.slice(first, first + PORTION));
  }
}
