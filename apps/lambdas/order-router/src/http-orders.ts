import { EdgeError, notFound, type HttpRequest } from '@supernoba/edge';
import type { ClientOrder } from '@supernoba/protocol';
import { orderBatch, parse, parseOrder, type InputError, type Parsed } from '@supernoba/protocol/schemas';

export interface OrderCall {
  orders: [ClientOrder, ...ClientOrder[]];
  /** Answers a list of acks. */
  isBatch: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The orders that a request asks for: `POST /orders`, `POST /orders/batch`, `PUT /orders/{id}?symbol=S`,
 * `DELETE /orders/{id}?symbol=S`, `DELETE /orders?symbol=S`. @throws EdgeError for anything else
 */
export function readOrders(request: HttpRequest): OrderCall {
  const [resource, id, ...rest] = request.segments;
  if (resource !== 'orders' || rest.length > 0) throw notFound(request);
  switch (request.method) {
    case 'POST':
      if (id === 'batch') return readBatch(request.json());
      if (id === undefined) return one(request.json());
      throw notFound(request);
    case 'PUT': {
      if (id === undefined) throw notFound(request);
      const body = inBody(request.json());
      return one({ ...body, ...agreed(body, id, request.query('symbol')) });
    }
    case 'DELETE':
      return one({ ...fromQuery(request), action: id === undefined ? 'CANCEL_ALL' : 'CANCEL', ...orderId(id) });
    default:
      throw notFound(request);
  }
}

/** What path and query say of a change; the body may say the same again, but nothing else. */
function agreed(body: Fields, id: string, inQuery: string | undefined): Fields {
  const symbol = inQuery ?? body['symbol'];
  if (body['symbol'] !== undefined && body['symbol'] !== symbol) {
    throw new EdgeError('SYMBOL_MISMATCH', 'symbol: query and body name different ones');
  }
  if (body['order_id'] !== undefined && body['order_id'] !== id) {
    throw new EdgeError('BAD_ORDER_ID', 'order_id: path and body name different ones');
  }
  const action = body['action'] ?? 'REPLACE';
  if (action !== 'REPLACE')
    throw new EdgeError('UNKNOWN_ACTION', 'action: PUT changes an order, so REPLACE or nothing');
  return { action, order_id: id, ...(symbol === undefined ? {} : { symbol }) };
}

function fromQuery(request: HttpRequest): Fields {
  const symbol = request.query('symbol');
  const request_id = request.query('request_id');
  return { ...(symbol === undefined ? {} : { symbol }), ...(request_id === undefined ? {} : { request_id }) };
}

function orderId(id: string | undefined): Fields {
  return id === undefined ? {} : { order_id: id };
}

/** An array of orders, or `{"symbol"?, "orders": […]}` whose symbol stands for entries that name none. */
function readBatch(input: unknown): OrderCall {
  const { symbol: common, orders: entries } = valid(
    parse(orderBatch, Array.isArray(input) ? { orders: input } : input),
  );
  const orders = entries.map((entry, index) => {
    const order = valid(parseOrder(common === undefined ? entry : withSymbol(entry, common)), index);
    const expected = common ?? symbolOf(entries[0]);
    if (order.symbol === expected) return order;
    const message = `a batch is of one symbol: ${order.symbol} is not ${String(expected)}`;
    throw new EdgeError('SYMBOL_MISMATCH', message, { details: { index, field: 'symbol' } });
  });
  const [first, ...others] = orders;
  if (first === undefined) throw new EdgeError('BAD_REQUEST', 'orders: at least one order is required');
  return { orders: [first, ...others], isBatch: true };
}

function withSymbol(entry: unknown, symbol: string): unknown {
  const isBare = typeof entry === 'object' && entry !== null && !Array.isArray(entry) && !('symbol' in entry);
  return isBare ? { ...entry, symbol } : entry;
}

function symbolOf(entry: unknown): unknown {
  return typeof entry === 'object' && entry !== null && 'symbol' in entry ? entry.symbol : undefined;
}

function one(input: unknown): OrderCall {
  return { orders: [valid(parseOrder(input))], isBatch: false };
}

function inBody(body: unknown): Fields {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Fields;
  throw new EdgeError('BAD_REQUEST', 'a JSON object is required');
}

/** The value, or its mistake as an error; `index` is its place in a batch. */
export function valid<T>(parsed: Parsed<T>, index?: number): T {
  if (parsed.ok) return parsed.value;
  const { code, message, details }: InputError = parsed.error;
  if (index === undefined) throw new EdgeError(code, message, { details });
  throw new EdgeError(code, `orders[${index}]: ${message}`, { details: { index, ...details } });
}
