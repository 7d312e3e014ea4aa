import {
  bearerToken,
  checkSymbol,
  EdgeError,
  httpHandler,
  notFound,
  readPaging,
  toCursor,
  unavailable,
  type HttpOptions,
  type HttpRequest,
  type RouteAnswer,
  type VerifyToken,
} from '@supernoba/edge';
import type { OrderReader, TradeReader } from '@supernoba/history';
import { ID_PATTERN, type FillsAnswer, type OrdersAnswer, type OrderState } from '@supernoba/protocol';

export interface OrderQueryDeps extends HttpOptions {
  verify: VerifyToken;
  orders: OrderReader;
  trades: TradeReader;
}

/** Kinds of cursors: a place in one list is none in another. */
const LISTS = { open: 'o', all: 'a', fills: 'f' } as const;

/** A user's own orders and executions: `GET /orders`, `GET /orders/{id}?symbol=S`, `GET /fills`. */
export function createHandler({ verify, orders, trades, ...options }: OrderQueryDeps) {
  const listOrders = async (userId: string, request: HttpRequest): Promise<OrdersAnswer> => {
    const isOpen = readStatus(request) === 'open';
    const kind = isOpen ? LISTS.open : LISTS.all;
    const page = readPaging(request, kind);
    if (isOpen && (page.from ?? page.to) !== undefined) {
      throw new EdgeError('BAD_REQUEST', 'from, to: go with all orders, not with status=open');
    }
    const answer = await reached(
      'the history of orders',
      orders.list({ userId, isOpen, ...symbolIn(request), ...page }),
    );
    return withCursor(answer, kind);
  };

  const oneOrder = async (userId: string, orderId: string, request: HttpRequest): Promise<OrderState> => {
    const symbol = checkSymbol(request.query('symbol'));
    if (!ID_PATTERN.test(orderId)) throw new EdgeError('BAD_ORDER_ID', `an order id matches ${ID_PATTERN.source}`);
    const order = await reached('the history of orders', orders.get(userId, symbol, orderId));
    if (order !== undefined) return order;
    const message = `you have no order ${orderId} in ${symbol}, or the exchange has not matched it yet`;
    throw new EdgeError('NOT_FOUND', message, { details: { symbol, order_id: orderId } });
  };

  const listFills = async (userId: string, request: HttpRequest): Promise<FillsAnswer> => {
    const page = readPaging(request, LISTS.fills);
    const answer = await reached('the history of trades', trades.fills({ userId, ...symbolIn(request), ...page }));
    return withCursor(answer, LISTS.fills);
  };

  return httpHandler(async (request): Promise<RouteAnswer> => {
    const { userId } = await verify(bearerToken(request.header('authorization')));
    const [resource, id, ...rest] = request.segments;
    if (request.method !== 'GET' || rest.length > 0) throw notFound(request);
    if (resource === 'orders' && id === undefined) return { status: 200, body: await listOrders(userId, request) };
    if (resource === 'orders' && id !== undefined) return { status: 200, body: await oneOrder(userId, id, request) };
    if (resource === 'fills' && id === undefined) return { status: 200, body: await listFills(userId, request) };
    throw notFound(request);
  }, options);
}

function readStatus(request: HttpRequest): 'open' | 'all' {
  const status = request.query('status') ?? 'all';
  if (status === 'open' || status === 'all') return status;
  throw new EdgeError('BAD_REQUEST', 'status: open or all is required', { details: { field: 'status' } });
}

function symbolIn(request: HttpRequest): { symbol?: string } {
  const symbol = request.query('symbol');
  return symbol === undefined ? {} : { symbol: checkSymbol(symbol) };
}

function withCursor<T extends { cursor?: string }>(answer: T, kind: string): T {
  return answer.cursor === undefined ? answer : { ...answer, cursor: toCursor(kind, answer.cursor) };
}

/** @throws EdgeError UNAVAILABLE when the table cannot be read */
async function reached<T>(what: string, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw unavailable(what, error);
  }
}
