import { batchAnswer, readEvents, type BatchAnswer, type ErrorLog, type KinesisEvent } from '@supernoba/edge';
import { foldOrders, type OrderWriter } from '@supernoba/history';

export interface OrderHistoryDeps {
  writer: OrderWriter;
  log: ErrorLog;
}

/**
 * Order statuses into `order_history`: one write an order and batch, however often it changed in it, so an order that
 * thousands of others trade against is no hot row. Records whose orders could not be written come again, with those behind
 * them; repeats change nothing.
 */
export function createHandler({ writer, log }: OrderHistoryDeps) {
  return async (batch: KinesisEvent): Promise<BatchAnswer> => {
    const events = batch.Records.flatMap(({ kinesis }, record) =>
      readEvents(kinesis.data, log).map((event) => ({ event, record })),
    );
    const changes = foldOrders(events.map(({ event }) => event));
    const failures = await writer.write(changes);
    if (failures.length === 0) return batchAnswer(batch, undefined);
    log(
      `${failures.length} of ${changes.length} orders could not be written: their records are to come again`,
      failures[0]!.error,
    );
    const first = Math.min(...failures.map(({ change }) => events[change.from]!.record));
    return batchAnswer(batch, first);
  };
}
