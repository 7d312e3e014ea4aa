import { createClient, type ClientEvents, type ClientOptions, type SupernobaClient } from '../src/index.js';
import { FakeExchange } from './fake-exchange.js';

/** What a test opens, closed after it. */
const open: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

export function closeAfterTest(close: () => void | Promise<void>): void {
  open.push(close);
}

export async function startExchange(port?: number): Promise<FakeExchange> {
  const exchange = await FakeExchange.start(port);
  closeAfterTest(() => exchange.stop());
  return exchange;
}

/** A client with quick reconnection; its background errors fail nothing by themselves. */
export function client(exchange: FakeExchange, options: Partial<ClientOptions> = {}): SupernobaClient {
  const made = createClient({
    url: exchange.url,
    reconnect: { baseMs: 10, maxMs: 50 },
    retry: { baseMs: 5, maxMs: 2_000 },
    ...options,
  });
  closeAfterTest(() => made.close());
  return made;
}

/** Everything a client tells of one kind, as it comes. */
export function record<Name extends keyof ClientEvents>(from: SupernobaClient, name: Name): ClientEvents[Name][] {
  const seen: ClientEvents[Name][] = [];
  from.on(name, (event) => void seen.push(event));
  return seen;
}

export async function eventually(check: () => boolean, what: string, timeoutMs = 4_000): Promise<void> {
  const until = performance.now() + timeoutMs;
  while (!check()) {
    if (performance.now() > until) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
