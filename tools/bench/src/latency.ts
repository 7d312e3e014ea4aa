import { CommandFailure, type ResultRow, type RunContext } from '@supernoba/command';
import type { Endpoints } from '@supernoba/local';
import { createClient, type SupernobaClient } from '@supernoba/sdk-client';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { quantile } from './quantiles.js';

const WARM_UP = 20;
const PUSH_LIMIT_MS = 10_000;

/**
 * How long an order takes from the client's call to the push that shows it: one order at a time, each at a price of its
 * own above the last, the pauses between them drawn out so that they meet every phase of the loops on the way.
 */
export async function measureLatency(
  context: RunContext<unknown>,
  endpoints: Endpoints,
  samples: number,
): Promise<ResultRow[]> {
  const client = createClient({ url: endpoints.http, auth: () => endpoints.tokens.alice, ws: WebSocket });
  context.onEnd(() => client.close());
  client.on('error', (error) => context.say(`SDK: ${error.message}`));
  await client.connect();
  await client.subscribe({ main: 'TEST' });
  const first = (await client.getDepth('TEST')).b[0]?.[0] ?? 1_000_000;

  const accepted: number[] = [];
  const pushed: number[] = [];
  for (let index = 0; index < WARM_UP + samples; index += 1) {
    const price = first + 1 + index;
    const started = performance.now();
    const shown = whenBestBid(client, price);
    await client.placeOrder({ symbol: 'TEST', side: 'BUY', price, quantity: 1 });
    const answered = performance.now();
    await shown;
    if (index >= WARM_UP) {
      accepted.push(answered - started);
      pushed.push(performance.now() - started);
    }
    if (index % 100 === 99) context.say(`${index + 1} of ${WARM_UP + samples} orders`);
    await pause((index * 7) % 53, undefined, { signal: context.signal });
  }
  await client.cancelAll({ symbol: 'TEST' });

  const row = (metric: string, value: number, unit: string): ResultRow => ({
    workload: 'latency',
    subject: 'exchange',
    metric,
    value,
    unit,
  });
  return [
    row('orders', pushed.length, 'orders'),
    row('orderToAckP50Ms', quantile(accepted, 0.5), 'ms'),
    row('orderToAckP99Ms', quantile(accepted, 0.99), 'ms'),
    row('orderToPushP50Ms', quantile(pushed, 0.5), 'ms'),
    row('orderToPushP99Ms', quantile(pushed, 0.99), 'ms'),
  ];
}

function whenBestBid(client: SupernobaClient, price: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      undo();
      reject(new CommandFailure(`the order at ${price} was not pushed within ${PUSH_LIMIT_MS / 1000} s`));
    }, PUSH_LIMIT_MS);
    const undo = client.on('depth', (frame) => {
      if (frame.b[0]?.[0] !== price) return;
      clearTimeout(timer);
      undo();
      resolve();
    });
  });
}
