import type { BatchAck, NewOrder, OrderAck, OrderChange, OrderRequest } from '@supernoba/protocol';
import { ErrorCode, MAX_BATCH_ORDERS, MAX_BODY_BYTES } from '@supernoba/protocol';
import { isRawEvent } from './encoder.js';
import { ClientErrorCode, SupernobaError } from './errors.js';
import type { HttpCall, HttpRoutes } from './http.js';
import { newOrderId, newRequestId } from './ids.js';
import type { RetryPolicy } from './options.js';
import { withRetry } from './retry.js';
import { checkCancel, checkCancelAll, checkChange, checkFields, checkNewOrder, checkSymbol } from './validate.js';

export interface OrderCancel {
  symbol: string;
  order_id: string;
  request_id?: string;
}

export interface CancelAll {
  symbol: string;
  request_id?: string;
}

/** Answer of `cancelAll`: the journal has the request. */
export type CancelAllAck = Pick<OrderAck, 'symbol' | 'request_id'>;

/** One entry of a batch: an order without its symbol, and the action where it is not `ADD`. */
export type BatchEntry =
  | ({ action?: 'ADD' } & Omit<NewOrder, 'symbol'>)
  | ({ action: 'REPLACE' } & Omit<OrderChange, 'symbol'>)
  | ({ action: 'CANCEL' } & Omit<OrderCancel, 'symbol'>)
  | ({ action: 'CANCEL_ALL' } & Omit<CancelAll, 'symbol'>);

export interface Batch {
  symbol: string;
  /** 1 to 100, applied in order; together at most 16 KiB of JSON. */
  orders: readonly BatchEntry[];
}

const NEW_ORDER_FIELDS = [
  'symbol',
  'order_id',
  'request_id',
  'is_buy',
  'side',
  'price',
  'quantity',
  'order_type',
  'tif',
  'post_only',
  'all_or_none',
  'stop_price',
  'display_quantity',
  'stp',
];
const CHANGE_FIELDS = ['symbol', 'order_id', 'request_id', 'price', 'quantity', 'stop_price', 'display_quantity'];
const CANCEL_FIELDS = ['symbol', 'order_id', 'request_id'];
const CANCEL_ALL_FIELDS = ['symbol', 'request_id'];

type Command = OrderRequest['order'];

export interface OrderPorts {
  http: HttpRoutes;
  /** One order over the WebSocket. */
  ask(order: Command): Promise<unknown>;
  transport: 'http' | 'websocket';
  retry: RetryPolicy;
}

/**
 * The order routes. Every command gets its ids here, before the first try, and keeps them in all tries: the exchange
 * takes a repeated request id as the same request, so that a retry places nothing twice.
 */
export class Orders {
  readonly #ports: OrderPorts;

  constructor(ports: OrderPorts) {
    this.#ports = ports;
  }

  async place(order: NewOrder): Promise<OrderAck> {
    return readAck(await this.#send(prepare({ ...order, action: 'ADD' }, 'placeOrder')));
  }

  async replace(change: OrderChange): Promise<OrderAck> {
    return readAck(await this.#send(prepare({ ...change, action: 'REPLACE' }, 'replaceOrder')));
  }

  async cancel(cancel: OrderCancel): Promise<OrderAck> {
    return readAck(await this.#send(prepare({ ...cancel, action: 'CANCEL' }, 'cancelOrder')));
  }

  async cancelAll(cancel: CancelAll): Promise<CancelAllAck> {
    const { symbol, request_id } = readFields(
      await this.#send(prepare({ ...cancel, action: 'CANCEL_ALL' }, 'cancelAll')),
      ['symbol', 'request_id'],
    );
    return { symbol, request_id };
  }

  /** Always over HTTP: the WebSocket carries single orders. */
  async batch(batch: Batch): Promise<BatchAck> {
    checkFields(batch, 'placeOrders', ['symbol', 'orders']);
    const { symbol, orders } = batch;
    checkSymbol(symbol);
    if (!Array.isArray(orders) || orders.length === 0)
      throw new SupernobaError(ClientErrorCode.InvalidArgument, 'placeOrders takes at least one order');
    if (orders.length > MAX_BATCH_ORDERS)
      throw new SupernobaError(
        ErrorCode.TooLarge,
        `placeOrders takes at most ${MAX_BATCH_ORDERS} orders, not ${orders.length}`,
      );
    const commands = (orders as readonly BatchEntry[]).map((entry, index) => {
      try {
        if ('symbol' in entry)
          throw new SupernobaError(ErrorCode.UnknownField, 'the symbol stands in the batch, not in its orders');
        return prepare({ action: 'ADD', ...entry, symbol }, 'placeOrders');
      } catch (thrown) {
        if (!(thrown instanceof SupernobaError)) throw thrown;
        throw new SupernobaError(thrown.code, `order ${index}: ${thrown.message}`, { cause: thrown });
      }
    });
    // The envelope's symbol stands for all, and an entry without an action is an ADD.
    const entries = commands.map(({ symbol: _symbol, action, ...rest }) =>
      action === 'ADD' ? rest : { action, ...rest },
    );
    const body = encodeBody({ symbol, orders: entries });
    const answer = await this.#ports.http.call({ method: 'POST', path: ['orders', 'batch'], body, needsToken: true });
    if (!isRawEvent(answer) || !Array.isArray(answer['orders'])) throw badAnswer();
    return { symbol, orders: answer['orders'].map(readAck) };
  }

  #send(command: Command): Promise<unknown> {
    if (this.#ports.transport === 'http') return this.#ports.http.call(httpCall(command));
    return withRetry(() => this.#ports.ask(command), this.#ports.retry);
  }
}

/** Checks a command and gives it the ids it lacks. */
function prepare(command: Command | ({ action: 'ADD' } & NewOrder), what: string): Command {
  switch (command.action) {
    case 'REPLACE':
      checkChange(checkFields(command, what, [...CHANGE_FIELDS, 'action']));
      break;
    case 'CANCEL':
      checkCancel(checkFields(command, what, [...CANCEL_FIELDS, 'action']));
      break;
    case 'CANCEL_ALL':
      checkCancelAll(checkFields(command, what, [...CANCEL_ALL_FIELDS, 'action']));
      break;
    case 'ADD':
    case undefined:
      checkNewOrder(checkFields(command, what, [...NEW_ORDER_FIELDS, 'action']));
      return {
        ...command,
        order_id: command.order_id ?? newOrderId(),
        request_id: command.request_id ?? newRequestId(),
      };
    default:
      throw new SupernobaError(ErrorCode.UnknownAction, `${what}: unknown action`);
  }
  return { ...command, request_id: command.request_id ?? newRequestId() };
}

/** The HTTP form of a command: the route says the action, the path and query say whom it concerns. */
function httpCall(command: Command): HttpCall {
  const { action: _action, ...order } = command;
  switch (command.action) {
    case 'REPLACE': {
      const { symbol, order_id, action: _replace, ...change } = command;
      return {
        method: 'PUT',
        path: ['orders', order_id],
        query: { symbol },
        body: encodeBody(change),
        needsToken: true,
      };
    }
    case 'CANCEL': {
      const { symbol, order_id, request_id } = command;
      return { method: 'DELETE', path: ['orders', order_id], query: { symbol, request_id }, needsToken: true };
    }
    case 'CANCEL_ALL': {
      const { symbol, request_id } = command;
      return { method: 'DELETE', path: ['orders'], query: { symbol, request_id }, needsToken: true };
    }
    default:
      return { method: 'POST', path: ['orders'], body: encodeBody(order), needsToken: true };
  }
}

function encodeBody(value: unknown): string {
  const body = JSON.stringify(value);
  // Ids and symbols are ASCII and so is all the rest: characters are bytes.
  if (body.length > MAX_BODY_BYTES)
    throw new SupernobaError(ErrorCode.TooLarge, `${body.length} bytes of JSON, at most ${MAX_BODY_BYTES}`);
  return body;
}

function readAck(answer: unknown): OrderAck {
  return readFields(answer, ['order_id', 'request_id', 'symbol']);
}

function readFields<Name extends string>(answer: unknown, names: readonly Name[]): Record<Name, string> {
  const fields = isRawEvent(answer) ? answer : {};
  const entries = names.map((name) => {
    const value = fields[name];
    if (typeof value !== 'string') throw badAnswer();
    return [name, value];
  });
  return Object.fromEntries(entries) as Record<Name, string>;
}

function badAnswer(): SupernobaError {
  return new SupernobaError(ClientErrorCode.BadAnswer, 'an order was answered with something else than its ids');
}
