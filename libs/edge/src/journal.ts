import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { OrderCommand, SymbolRecord } from '@supernoba/protocol';
import { lambdaClientOptions, lazy } from './aws.js';
import { EdgeError } from './error.js';

/** The orders stream as the edge sees it: an append that is acknowledged, or fails. */
export interface Journal {
  /**
   * Appends one record, one entry or an array of entries of one symbol, and returns once Kinesis has acknowledged it.
   * A call may have been stored although it failed, so every entry carries a request id: a repeat has no second effect.
   *
   * @throws EdgeError UNAVAILABLE with `Retry-After` when the stream stays throttled or cannot be reached
   */
  append(symbol: string, entries: OrderCommand | SymbolRecord | readonly OrderCommand[]): Promise<void>;
}

export interface JournalOptions {
  /** Made at the first append. */
  kinesis: () => Promise<Pick<KinesisClient, 'send'>>;
  stream: string;
  /** Waits between tries; the default is a timer. */
  sleep?: (ms: number) => Promise<void>;
  random?: () => number;
}

const MAX_TRIES = 4;
const FIRST_PAUSE_MS = 50;
const TRY_TIMEOUT_MS = 2_000;
const THROTTLES: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'LimitExceededException',
  'ThrottlingException',
  'KMSThrottlingException',
]);

/** A Kinesis client made at its first use: the SDK is the largest part of a cold start. */
export function openKinesis(region: string): () => Promise<KinesisClient> {
  return lazy(async () => {
    const { KinesisClient } = await import('@aws-sdk/client-kinesis');
    return new KinesisClient(await lambdaClientOptions(region));
  });
}

export function createJournal({ kinesis, stream, sleep = pause, random = Math.random }: JournalOptions): Journal {
  return {
    async append(symbol, entries) {
      const { PutRecordCommand } = await import('@aws-sdk/client-kinesis');
      const client = await kinesis();
      const input = { StreamName: stream, PartitionKey: symbol, Data: Buffer.from(JSON.stringify(entries)) };
      for (let attempt = 1; ; attempt++) {
        try {
          await client.send(new PutRecordCommand(input), { abortSignal: AbortSignal.timeout(TRY_TIMEOUT_MS) });
          return;
        } catch (error) {
          if (attempt === MAX_TRIES || !isWorthRetrying(error)) throw refused(error);
          await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + random() / 2));
        }
      }
    },
  };
}

/** Throttling, a lost connection and a fault of the service pass; a wrong stream or a denied call does not. */
function isWorthRetrying(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (THROTTLES.has(error.name)) return true;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status === undefined || status >= 500;
}

function refused(cause: unknown): EdgeError {
  const isThrottled = cause instanceof Error && THROTTLES.has(cause.name);
  const message = isThrottled
    ? 'the orders stream is at its limit'
    : 'the orders stream did not answer: repeat with the same request_id';
  return new EdgeError('UNAVAILABLE', message, { cause, retryAfterS: 1 });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
