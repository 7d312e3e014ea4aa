import type { OrderAck } from '@supernoba/protocol';

export interface LoadOrder {
  order_id: string;
  body: object;
}

/**
 * A bounded flow of limit orders around one price, some of which trade: the client's own list of what it placed.
 * The same seed gives the same orders.
 */
export function loadOrders(count: number, seed: number, symbol: string): LoadOrder[] {
  let state = seed >>> 0;
  const below = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return Array.from({ length: count }, (_, index) => {
    const isBuy = below(2) === 0;
    const order_id = `load-${seed}-${index}`;
    const price = isBuy ? 1_000 - below(8) + below(4) : 1_001 + below(8) - below(4);
    return { order_id, body: { symbol, order_id, is_buy: isBuy, price, quantity: 1 + below(20) } };
  });
}

/** Places one order; resolves to its acknowledgement, or to undefined when the answer is not a 202. */
export async function place(http: string, token: string, body: object): Promise<OrderAck | undefined> {
  const response = await fetch(`${http}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as OrderAck;
  return response.status === 202 ? answer : undefined;
}
