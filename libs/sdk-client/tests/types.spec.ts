import { createClient as createSupabase, type SupabaseClient } from '@supabase/supabase-js';
import type {
  CandleFrame,
  DepthFrame,
  ErrorCode,
  OrderAck,
  OrdersAnswer,
  OrderState,
  PrivateFill,
  PrivateOrderStatus,
  PublicTrade,
  TickerState,
} from '@supernoba/protocol';
import { WebSocket as NodeWebSocket } from 'ws';
import {
  createClient,
  type ClientAuth,
  type ClientErrorCode,
  type ClientEvents,
  type ConnectionEvent,
  type SupernobaClient,
  SupernobaError,
  type SupernobaErrorCode,
  type WebSocketConstructor,
} from '../src/index.js';

/** True where two types are the same; a line that is not is an error of the type checker. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_Claim extends true>(): void => undefined;

function claims(client: SupernobaClient, supabase: SupabaseClient): void {
  holds<Same<ClientEvents['depth'], DepthFrame>>();
  holds<Same<ClientEvents['candleClose'], CandleFrame>>();
  holds<Same<ClientEvents['fill'], PrivateFill['data']>>();
  holds<Same<ClientEvents['orderStatus'], PrivateOrderStatus['data']>>();
  holds<Same<ClientEvents['connection'], ConnectionEvent>>();
  holds<Same<ClientEvents['error'], SupernobaError>>();
  holds<Same<ReturnType<SupernobaClient['on']>, () => void>>();
  holds<Same<Awaited<ReturnType<SupernobaClient['placeOrder']>>, OrderAck>>();
  holds<Same<Awaited<ReturnType<SupernobaClient['getOrders']>>, OrdersAnswer>>();
  holds<Same<Awaited<ReturnType<SupernobaClient['getOrder']>>, OrderState>>();
  holds<Same<Awaited<ReturnType<SupernobaClient['getFills']>>['fills'][number]['side'], 'BUY' | 'SELL'>>();
  holds<Same<Awaited<ReturnType<SupernobaClient['getTickers']>>, TickerState[]>>();
  holds<Same<Awaited<ReturnType<SupernobaClient['getTrades']>>['trades'], PublicTrade[]>>();
  holds<Same<SupernobaErrorCode, ErrorCode | ClientErrorCode>>();

  client.on('fill', ({ filled_qty }) => filled_qty.toFixed());
  // @ts-expect-error no such event
  client.on('deepth', () => undefined);
  // @ts-expect-error a depth listener gets no fill
  client.on('depth', (fill: PrivateFill['data']) => void fill);
  // @ts-expect-error a price is a number
  void client.placeOrder({ symbol: 'TEST', side: 'BUY', price: '150', quantity: 1 });
  // @ts-expect-error the user is who the token says
  void client.placeOrder({ symbol: 'TEST', side: 'BUY', price: 150, quantity: 1, user_id: 'bob' });
  // @ts-expect-error a side is BUY or SELL
  void client.placeOrder({ symbol: 'TEST', side: 'LONG', price: 150, quantity: 1 });
  // @ts-expect-error the symbol of a batch stands outside its orders
  void client.placeOrders({ orders: [] });
  // @ts-expect-error open or all
  void client.getOrders({ status: 'closed' });
  // @ts-expect-error an id is unique within its symbol alone
  void client.getOrder({ order_id: 'my-1' });
  // @ts-expect-error no such interval
  void client.getChart({ symbol: 'TEST', interval: '2m' });
  // @ts-expect-error the address is needed
  createClient({});

  const auths: ClientAuth[] = [supabase, () => null, () => Promise.resolve('token'), { testUser: 'alice' }];
  const webSockets: WebSocketConstructor[] = [NodeWebSocket, WebSocket];
  createClient({ url: new URL('http://127.0.0.1'), ws: NodeWebSocket, fetch, ...(auths[0] ? { auth: auths[0] } : {}) });
  void webSockets;
}

/** A `switch` over the code narrows to nothing when every case is there. */
function retryAdvice(error: SupernobaError): string {
  switch (error.code) {
    case 'TOO_MANY_REQUESTS':
      return 'later';
    default:
      holds<Same<Exclude<SupernobaErrorCode, 'TOO_MANY_REQUESTS'>, typeof error.code>>();
      return 'no';
  }
}

test('the types hold what they claim (the type checker reads this file)', () => {
  expect(claims).toBeInstanceOf(Function);
  expect(createSupabase).toBeInstanceOf(Function);
  expect(retryAdvice(new SupernobaError('TOO_MANY_REQUESTS', 'slow down'))).toBe('later');
  expect(retryAdvice(new SupernobaError('TIMEOUT', 'slow'))).toBe('no');
});
