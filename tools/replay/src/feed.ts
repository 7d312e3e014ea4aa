import type { BatchAck, ErrorBody } from '@supernoba/protocol';
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import type { PlannedBatch } from './plan.js';

const MAX_TRIES = 8;

/**
 * Sends batches through the front door, one at a time, so that the journal has the tape's order. A batch that was not
 * answered with 202 is sent again as it stands: its request ids make the repeat harmless.
 */
export class Feeder {
  private readonly pool: Pool;
  /** Requests that had to be repeated. */
  retries = 0;

  constructor(
    http: string,
    private readonly symbol: string,
    private readonly tokens: readonly string[],
    private readonly signal: AbortSignal,
  ) {
    this.pool = new Pool(http, { connections: 1, pipelining: 1 });
  }

  async send(batch: PlannedBatch): Promise<void> {
    const body = JSON.stringify({ symbol: this.symbol, orders: batch.orders.map(({ entry }) => entry) });
    for (let attempt = 1; ; attempt += 1) {
      this.signal.throwIfAborted();
      const problem = await this.post(body, batch);
      if (problem === undefined) return;
      if (!problem.retryable || attempt === MAX_TRIES) throw new Error(`POST /orders/batch: ${problem.message}`);
      this.retries += 1;
      await pause(Math.min(100 * 2 ** attempt, 3_000), undefined, { signal: this.signal });
    }
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }

  private async post(body: string, batch: PlannedBatch): Promise<{ message: string; retryable: boolean } | undefined> {
    try {
      const response = await this.pool.request({
        method: 'POST',
        path: '/orders/batch',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.tokens[batch.user]}` },
        body,
        signal: this.signal,
      });
      const text = await response.body.text();
      if (response.statusCode !== 202) {
        const { error } = JSON.parse(text) as ErrorBody;
        return {
          message: `${response.statusCode} ${error.code} ${error.message}`,
          retryable: response.statusCode === 429 || response.statusCode >= 500,
        };
      }
      const acks = (JSON.parse(text) as BatchAck).orders;
      if (acks.length !== batch.orders.length) {
        return { message: `${acks.length} of ${batch.orders.length} orders were acknowledged`, retryable: false };
      }
      return undefined;
    } catch (error) {
      this.signal.throwIfAborted();
      return { message: error instanceof Error ? error.message : String(error), retryable: true };
    }
  }
}
