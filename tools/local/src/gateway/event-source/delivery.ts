import { LambdaError, LambdaErrorCode } from '../../lambda-host/index.js';
import type { Invoker } from '../invoker.js';
import type { GatewayLog } from '../log.js';
import { pause } from '../pause.js';
import type { EventSourceSettings } from '../settings.js';
import { firstFailure, type EventRecord } from './records.js';

export interface DeliveryPorts {
  settings: EventSourceSettings;
  lambda: Invoker;
  log: GatewayLog;
  signal: AbortSignal;
}

const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 10_000;

/** The handler did not run: waiting is all there is to do, and no try is used up, as with Lambda's own throttles. */
const NOT_TRIED: ReadonlySet<LambdaErrorCode> = new Set([
  LambdaErrorCode.TooManyRequests,
  LambdaErrorCode.Unavailable,
  LambdaErrorCode.Closed,
]);

/**
 * Hands one batch to the Lambda until every record is dealt with: taken, or dropped and logged after the last try.
 * `onDone` gets the sequence number up to which that is so.
 */
export async function deliver(
  batch: readonly EventRecord[],
  { settings, lambda, log, signal }: DeliveryPorts,
  onDone: (sequenceNumber: string) => Promise<void>,
): Promise<void> {
  let rest = batch;
  let failures = 0;
  let pauseMs = FIRST_PAUSE_MS;
  while (rest.length > 0 && !signal.aborted) {
    const outcome = await invoke(rest, settings, lambda);
    const done = rest.slice(0, outcome.taken);
    const last = done.at(-1);
    if (last !== undefined) {
      rest = rest.slice(done.length);
      failures = 0;
      pauseMs = FIRST_PAUSE_MS;
      await onDone(last.kinesis.sequenceNumber);
    }
    if (rest.length === 0 || signal.aborted) return;
    if (outcome.tried) failures++;
    const range = { source: settings.name, first: rest[0]?.eventID, last: rest.at(-1)?.eventID, records: rest.length };
    if (failures > settings.maximumRetryAttempts) {
      log.error({ ...range, err: outcome.error, tries: failures }, 'records were dropped after the last try');
      return onDone(rest.at(-1)?.kinesis.sequenceNumber ?? '');
    }
    log.warn({ ...range, err: outcome.error, tries: failures }, 'records are tried again');
    await pause(pauseMs, signal);
    pauseMs = Math.min(LAST_PAUSE_MS, pauseMs * 2);
  }
}

interface Outcome {
  /** How many records from the first on are dealt with. */
  taken: number;
  /** Whether the handler ran. */
  tried: boolean;
  error?: unknown;
}

async function invoke(
  records: readonly EventRecord[],
  settings: EventSourceSettings,
  lambda: Invoker,
): Promise<Outcome> {
  try {
    const result = await lambda.invoke({ Records: records });
    const taken = settings.reportBatchItemFailures ? firstFailure(result, records) : records.length;
    return { taken, tried: true };
  } catch (error) {
    return { taken: 0, tried: !(error instanceof LambdaError && NOT_TRIED.has(error.code)), error };
  }
}
