import type { ExchangeEvent, PrivateFill, PrivateOrderStatus } from '@supernoba/protocol';

export type PrivateFrame = PrivateFill | PrivateOrderStatus;

/** Whom an event concerns, and what each is told: a fill goes to both sides, each its own; a status to its owner. */
export function privateFrames(event: ExchangeEvent): [userId: string, frame: PrivateFrame][] {
  if (event.event === 'ORDER_STATUS') {
    const { event: _, ...data } = event;
    return [[event.user_id, { type: 'ORDER_STATUS', data }]];
  }
  const { symbol, seq, trade_id, price, quantity, timestamp } = event;
  const fill = (side: 'BUY' | 'SELL', order_id: string): PrivateFill => ({
    type: 'FILL',
    data: { trade_id, symbol, side, order_id, filled_qty: quantity, filled_price: price, timestamp, seq },
  });
  return [
    [event.buyer.user_id, fill('BUY', event.buyer.order_id)],
    [event.seller.user_id, fill('SELL', event.seller.order_id)],
  ];
}

/** Below the 32 KB at which API Gateway cuts WebSocket frames. */
const MAX_MESSAGE_CHARACTERS = 30_000;

/** Frames as messages: JSON arrays, in order, each within a WebSocket frame. */
export function toMessages(frames: readonly PrivateFrame[]): string[] {
  const messages: string[] = [];
  let open: string[] = [];
  let length = 0;
  for (const frame of frames) {
    const json = JSON.stringify(frame);
    if (open.length > 0 && length + json.length > MAX_MESSAGE_CHARACTERS) {
      messages.push(`[${open.join(',')}]`);
      open = [];
      length = 0;
    }
    open.push(json);
    length += json.length + 1;
  }
  if (open.length > 0) messages.push(`[${open.join(',')}]`);
  return messages;
}
