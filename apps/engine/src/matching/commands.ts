import type { AddCommand, BookCommand, BookConfig, ReplaceCommand } from '@supernoba/orderbook';
import type { AddOrder, OrderCommand, ReplaceOrder, SymbolConfig, SymbolRecord } from '@supernoba/protocol';
import { invariant } from '../errors.js';

/**
 * The book's command for a journal entry.
 *
 * @param snapshot bytes of the book that a RESTORE puts back
 */
export function toBookCommand(entry: OrderCommand | SymbolRecord, snapshot?: Uint8Array): BookCommand {
  switch (entry.action) {
    case 'ADD':
      return toAdd(entry);
    case 'REPLACE':
      return toReplace(entry);
    case 'CANCEL':
      return { type: 'CANCEL', orderId: entry.order_id, userId: entry.user_id, ...request(entry) };
    case 'CANCEL_ALL':
      return { type: 'CANCEL_ALL', userId: entry.user_id, ...request(entry) };
    case 'SYMBOL':
      return toAdminCommand(entry, snapshot);
  }
}

function toAdd(order: AddOrder): AddCommand {
  const command: AddCommand = {
    type: 'ADD',
    orderId: order.order_id,
    userId: order.user_id,
    isBuy: order.is_buy,
    price: order.price,
    quantity: order.quantity,
  };
  if (order.order_type !== undefined) command.orderType = order.order_type;
  if (order.tif !== undefined) command.timeInForce = order.tif;
  if (order.post_only !== undefined) command.postOnly = order.post_only;
  if (order.all_or_none !== undefined) command.allOrNone = order.all_or_none;
  if (order.stop_price !== undefined) command.stopPrice = order.stop_price;
  if (order.display_quantity !== undefined) command.displayQuantity = order.display_quantity;
  if (order.stp !== undefined) command.selfTradePrevention = order.stp;
  if (order.request_id !== undefined) command.requestId = order.request_id;
  return command;
}

function toReplace(order: ReplaceOrder): ReplaceCommand {
  const command: ReplaceCommand = { type: 'REPLACE', orderId: order.order_id, userId: order.user_id };
  if (order.price !== undefined) command.price = order.price;
  if (order.quantity !== undefined) command.quantity = order.quantity;
  if (order.stop_price !== undefined) command.stopPrice = order.stop_price;
  if (order.display_quantity !== undefined) command.displayQuantity = order.display_quantity;
  if (order.request_id !== undefined) command.requestId = order.request_id;
  return command;
}

function toAdminCommand(record: SymbolRecord, snapshot: Uint8Array | undefined): BookCommand {
  switch (record.op) {
    case 'CONFIG':
      return { type: 'CONFIGURE', config: toBookConfig(record.config ?? {}) };
    case 'HALT':
    case 'RESUME':
    case 'DELIST':
      return { type: record.op };
    case 'CANCEL':
      return { type: 'FORCE_CANCEL', orderId: record.order_id ?? '', requestId: record.request_id };
    case 'CANCEL_ALL': {
      const user = record.user_id === undefined ? {} : { userId: record.user_id };
      return { type: 'FORCE_CANCEL_ALL', requestId: record.request_id, ...user };
    }
    case 'RESTORE':
      invariant(snapshot !== undefined, `${record.symbol}: a RESTORE without its snapshot`);
      return { type: 'RESTORE', snapshot };
  }
}

function toBookConfig(config: SymbolConfig): BookConfig {
  const book: BookConfig = {};
  if (config.day_offset_min !== undefined) book.dayOffsetMin = config.day_offset_min;
  if (config.stp !== undefined) book.selfTradePrevention = config.stp;
  if (config.reference_price !== undefined) book.referencePrice = config.reference_price;
  if (config.reference_window_ms !== undefined) book.referenceWindowMs = config.reference_window_ms;
  if (config.price_band_bps !== undefined) book.priceBandBps = config.price_band_bps;
  if (config.halt_threshold_bps !== undefined) book.haltThresholdBps = config.halt_threshold_bps;
  if (config.halt_duration_ms !== undefined) book.haltDurationMs = config.halt_duration_ms;
  return book;
}

function request(entry: { request_id?: string }): { requestId?: string } {
  return entry.request_id === undefined ? {} : { requestId: entry.request_id };
}
