import type { ExchangeEvent } from '@supernoba/protocol';
import type { ErrorLog } from './error.js';
import { batchAnswer, readEvents, type BatchAnswer, type KinesisEvent } from './event-records.js';

export interface StoringOptions<C extends { from: number }> {
  /** What a run of events comes to; `from` is the place of the earliest event of a change in the run. */
  fold: (events: Iterable<ExchangeEvent>) => C[];
  /** Repeats change nothing. Answers the changes that could not be written. */
  writer: { write(changes: readonly C[]): Promise<{ change: C; error: unknown }[]> };
  /** What the changes are, for the log: `orders`. */
  what: string;
  log: ErrorLog;
}

/**
 * Stores what the events of a batch come to. Records whose changes could not be written come again, with those behind
 * them.
 */
export function storingHandler<C extends { from: number }>({ fold, writer, what, log }: StoringOptions<C>) {
  return async (batch: KinesisEvent): Promise<BatchAnswer> => {
    const events = batch.Records.flatMap(({ kinesis }, record) =>
      readEvents(kinesis.data, log).map((event) => ({ event, record })),
    );
    const changes = fold(events.map(({ event }) => event));
    const failures = await writer.write(changes);
    if (failures.length === 0) return batchAnswer(batch, undefined);
    log(
      `${failures.length} of ${changes.length} ${what} could not be written: their records are to come again`,
      failures[0]!.error,
    );
    const first = Math.min(...failures.map(({ change }) => events[change.from]!.record));
    return batchAnswer(batch, first);
  };
}
