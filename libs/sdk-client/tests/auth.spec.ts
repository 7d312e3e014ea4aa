import { createClient as createSupabase } from '@supabase/supabase-js';
import type { SupabaseLike } from '../src/index.js';
import { SupernobaError } from '../src/index.js';
import { ordinaryAnswer, token } from './fake-exchange.js';
import { client, eventually, pause, record, startExchange } from './setup.js';

const order = { symbol: 'TEST', side: 'BUY', price: 1, quantity: 1 } as const;

/** A Supabase client as this one sees it, whose session a test changes. */
class FakeSupabase implements SupabaseLike {
  session: { access_token: string } | null;
  listeners = new Set<(event: string, session: { access_token: string } | null) => void>();
  readonly auth: SupabaseLike['auth'];

  constructor(accessToken: string | null) {
    this.session = accessToken === null ? null : { access_token: accessToken };
    this.auth = {
      getSession: () => Promise.resolve({ data: { session: this.session }, error: null }),
      onAuthStateChange: (listener) => {
        this.listeners.add(listener);
        return { data: { subscription: { unsubscribe: () => void this.listeners.delete(listener) } } };
      },
    };
  }

  change(event: string, accessToken: string | null): void {
    this.session = accessToken === null ? null : { access_token: accessToken };
    for (const listener of this.listeners) listener(event, this.session);
  }
}

test('without auth the connection carries no identity', async () => {
  const exchange = await startExchange();
  await client(exchange).connect();
  expect(exchange.upgrades).toEqual([{ path: '/ws' }]);
});

test('a token callback is asked at every connection', async () => {
  const exchange = await startExchange();
  const tokens = [token({ sub: 'alice', mark: '1' }), token({ sub: 'alice', mark: '2' })];
  let asked = 0;
  const sdk = client(exchange, { auth: () => tokens[asked++] ?? null });
  await sdk.connect();
  exchange.cutAll();
  await eventually(() => exchange.upgrades.length === 2, 'the reconnection');
  expect(exchange.upgrades.map((upgrade) => upgrade['token'])).toEqual(tokens);
});

test('a token callback that fails is asked again, and told', async () => {
  const exchange = await startExchange();
  let asked = 0;
  const auth = () => {
    if (++asked < 3) throw new Error('login server away');
    return token({ sub: 'alice' });
  };
  const sdk = client(exchange, { auth });
  const steps = record(sdk, 'connection');
  await sdk.connect();
  expect(steps.map(({ code }) => code)).toEqual(['CONNECT_CALLED', 'AUTH_FAILED', 'AUTH_FAILED', 'OPENED']);
  expect(steps[1]?.reason).toContain('login server away');
});

test('a token callback that says it can never succeed ends the tries', async () => {
  const exchange = await startExchange();
  const auth = () => {
    throw new SupernobaError('AUTH_FAILED', 'the account is closed');
  };
  await expect(client(exchange, { auth }).connect()).rejects.toMatchObject({
    code: 'DISCONNECTED',
    message: expect.stringContaining('the account is closed'),
  });
  expect(exchange.upgrades).toEqual([]);
});

test('a token is renewed over the open socket before it expires', async () => {
  const exchange = await startExchange();
  const fresh = token({ sub: 'alice', mark: 'fresh' });
  const asked: boolean[] = [];
  const auth = ({ forceRefresh }: { forceRefresh: boolean }) => {
    asked.push(forceRefresh);
    return forceRefresh ? fresh : token({ sub: 'alice', expiresInMs: 2_300 });
  };
  const sdk = client(exchange, { auth, tokenMarginMs: 1_000 });
  const errors = record(sdk, 'error');
  await sdk.connect();
  await eventually(() => exchange.requestsOf('auth').length === 1, 'the renewal');
  expect(exchange.requestsOf('auth')).toEqual([{ action: 'auth', token: fresh, id: expect.any(Number) }]);
  expect(asked).toEqual([false, true]);
  expect(exchange.upgrades).toHaveLength(1);
  expect(errors).toEqual([]);
});

test('an order that the socket refuses as expired goes again behind a fresh token', async () => {
  const exchange = await startExchange();
  const auth = ({ forceRefresh }: { forceRefresh: boolean }) =>
    token({ sub: 'alice', mark: forceRefresh ? 'fresh' : 'old' });
  const sdk = client(exchange, { auth, orderTransport: 'websocket' });
  await sdk.connect();
  let isAuthorised = false;
  exchange.answer = (request) => {
    if (request['action'] === 'auth') isAuthorised = true;
    if (request['action'] === 'order' && !isAuthorised)
      return { e: 'err', id: request['id'], code: 'TOKEN_EXPIRED', message: 'expired' };
    return ordinaryAnswer(request);
  };
  await sdk.placeOrder({ ...order, order_id: 'o', request_id: 'r' });
  expect(exchange.requests.map(({ action }) => action)).toEqual(['order', 'auth', 'order']);
});

test('an HTTP call refused with 401 goes again once, with a fresh token', async () => {
  const exchange = await startExchange();
  const old = token({ sub: 'alice', mark: 'old' });
  const fresh = token({ sub: 'alice', mark: 'fresh' });
  const sdk = client(exchange, { auth: ({ forceRefresh }) => (forceRefresh ? fresh : old) });
  const refusal = { status: 401, body: { error: { code: 'TOKEN_EXPIRED', message: 'expired' } } };
  exchange.httpScript.push(refusal);
  await sdk.placeOrder({ ...order, request_id: 'r' });
  expect(exchange.calls.map(({ authorization }) => authorization)).toEqual([`Bearer ${old}`, `Bearer ${fresh}`]);
  exchange.httpScript.push(refusal, refusal);
  await expect(sdk.placeOrder(order)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED', status: 401 });
  expect(exchange.calls).toHaveLength(4);
});

test('many calls at once ask for one token', async () => {
  const exchange = await startExchange();
  let asked = 0;
  const sdk = client(exchange, {
    auth: async () => {
      asked++;
      await pause(20);
      return token({ sub: 'alice' });
    },
  });
  await Promise.all(Array.from({ length: 10 }, () => sdk.placeOrder(order)));
  expect(asked).toBe(1);
});

test("a Supabase client's session is used, its refreshes are passed on, its log-outs obeyed", async () => {
  const exchange = await startExchange();
  const first = token({ sub: 'alice', mark: '1' });
  const second = token({ sub: 'alice', mark: '2' });
  const bob = token({ sub: 'bob' });
  const supabase = new FakeSupabase(first);
  const sdk = client(exchange, { auth: supabase });
  const steps = record(sdk, 'connection');
  await sdk.connect();
  supabase.change('TOKEN_REFRESHED', second);
  await eventually(() => exchange.requestsOf('auth').length === 1, 'the refreshed token');
  expect(exchange.requestsOf('auth')[0]).toMatchObject({ token: second });
  supabase.change('SIGNED_IN', bob);
  await eventually(() => exchange.upgrades.length === 2 && sdk.state === 'connected', "bob's connection");
  supabase.change('SIGNED_OUT', null);
  await eventually(() => exchange.upgrades.length === 3 && sdk.state === 'connected', 'an anonymous connection');
  expect(exchange.upgrades.map((upgrade) => upgrade['token'])).toEqual([first, bob, undefined]);
  expect(steps.filter(({ code }) => code === 'IDENTITY_CHANGED').map(({ reason }) => reason)).toEqual([
    'another user logged in',
    'the user logged out',
  ]);
  sdk.close();
  expect(supabase.listeners.size).toBe(0);
});

test('the real supabase-js client fits, without a session', async () => {
  const exchange = await startExchange();
  class NoRealtime {}
  const supabase = createSupabase(exchange.url, 'anon-key', {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: NoRealtime as never },
  });
  const sdk = client(exchange, { auth: supabase });
  await sdk.connect();
  expect(exchange.upgrades).toEqual([{ path: '/ws' }]);
  await expect(sdk.placeOrder(order)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
});
