import type {
  CandleFrame,
  DepthFrame,
  PrivateFill,
  PrivateOrderStatus,
  StatusFrame,
  TickerFrame,
  TradesFrame,
} from '@supernoba/protocol';
import type { ConnectionEvent } from './connection.js';
import type { Emitter } from './emitter.js';
import { isRawEvent, type RawEvent } from './encoder.js';
import { ClientErrorCode, SupernobaError } from './errors.js';
import type { Freshness } from './freshness.js';

/** What `on` can listen to, and what its listeners get. */
export interface ClientEvents {
  /** Top of the main symbol's book, newest state. */
  depth: DepthFrame;
  /** Last price and day of a watched symbol. */
  ticker: TickerFrame;
  /** The main symbol's candle of the moment. */
  candle: CandleFrame;
  /** A candle that changes no more, once. */
  candleClose: CandleFrame;
  /** Trades of the main symbol, each once, oldest first. */
  trades: TradesFrame;
  /** Market state of a watched symbol. */
  status: StatusFrame;
  /** An execution of one's own order, once. */
  fill: PrivateFill['data'];
  /** A change of one's own order, once. */
  orderStatus: PrivateOrderStatus['data'];
  /** A step of the connection. */
  connection: ConnectionEvent;
  /** What went wrong outside any call: a broken frame, a listener that threw, a token that was not renewed. */
  error: SupernobaError;
  /** The server ends in `in` ms; the client reconnects by itself. */
  serverShutdown: { in: number };
}

/**
 * Gives one received market or private event to its listeners, repeats left out.
 *
 * @returns false for a kind this version does not know, which a newer exchange may send.
 * @throws SupernobaError `BAD_ANSWER` for an event that lacks what its kind must have
 */
export function dispatch(event: RawEvent, emitter: Emitter<ClientEvents>, fresh: Freshness): boolean {
  if (event['type'] !== undefined) return dispatchPrivate(event, emitter, fresh);
  switch (event['e']) {
    case 'd':
      return depth(shaped<DepthFrame>(event, { s: 'string', u: 'number', b: 'array', a: 'array' }), emitter, fresh);
    case 't':
      emitter.emit('ticker', shaped<TickerFrame>(event, { s: 'string', p: 'number' }));
      return true;
    case 'candle':
      emitter.emit('candle', shaped<CandleFrame>(event, { s: 'string', tf: 'string', t: 'number' }));
      return true;
    case 'candle_close':
      return candleClose(shaped<CandleFrame>(event, { s: 'string', tf: 'string', t: 'number' }), emitter, fresh);
    case 'trades':
      return trades(shaped<TradesFrame>(event, { s: 'string', d: 'array' }), emitter, fresh);
    case 'status':
      emitter.emit('status', shaped<StatusFrame>(event, { s: 'string', state: 'string' }));
      return true;
    default:
      return false;
  }
}

function depth(frame: DepthFrame, emitter: Emitter<ClientEvents>, fresh: Freshness): true {
  if (fresh.isNewDepth(frame)) emitter.emit('depth', frame);
  return true;
}

function candleClose(frame: CandleFrame, emitter: Emitter<ClientEvents>, fresh: Freshness): true {
  if (fresh.isNewClose(frame)) emitter.emit('candleClose', frame);
  return true;
}

function trades(frame: TradesFrame, emitter: Emitter<ClientEvents>, fresh: Freshness): true {
  if (!frame.d.every((trade) => Array.isArray(trade) && trade.length >= 5)) throw badEvent(frame.e);
  const news = fresh.newTrades(frame);
  if (news.length > 0) emitter.emit('trades', { ...frame, d: news });
  return true;
}

function dispatchPrivate(event: RawEvent, emitter: Emitter<ClientEvents>, fresh: Freshness): boolean {
  const type = event['type'];
  if (type !== 'FILL' && type !== 'ORDER_STATUS') return false;
  if (!isRawEvent(event['data'])) throw badEvent(type);
  if (type === 'FILL') {
    const fill = shaped<PrivateFill['data']>(event['data'], {
      symbol: 'string',
      seq: 'number',
      side: 'string',
      order_id: 'string',
    });
    if (fresh.isNewFill(fill)) emitter.emit('fill', fill);
  } else {
    const status = shaped<PrivateOrderStatus['data']>(event['data'], {
      symbol: 'string',
      seq: 'number',
      status: 'string',
      order_id: 'string',
    });
    if (fresh.isNewStatus(status)) emitter.emit('orderStatus', status);
  }
  return true;
}

function shaped<Frame>(event: RawEvent, shape: Readonly<Record<string, 'string' | 'number' | 'array'>>): Frame {
  for (const [name, kind] of Object.entries(shape)) {
    const value = event[name];
    if (kind === 'array' ? !Array.isArray(value) : typeof value !== kind)
      throw badEvent(event['e'] ?? event['type'], name);
  }
  return event as Frame;
}

function badEvent(kind: unknown, field?: string): SupernobaError {
  const message = `a '${String(kind)}' event ${field === undefined ? 'that is not what it should be' : `without a usable '${field}'`}`;
  return new SupernobaError(ClientErrorCode.BadAnswer, message);
}
