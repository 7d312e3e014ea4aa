import { loadOrders } from './load.js';

test('the same seed gives the same orders, with ids of their own and prices that meet', () => {
  const orders = loadOrders(200, 7, 'TEST');
  expect(orders).toEqual(loadOrders(200, 7, 'TEST'));
  expect(orders).not.toEqual(loadOrders(200, 8, 'TEST'));
  expect(new Set(orders.map(({ order_id }) => order_id)).size).toBe(200);
  const bodies = orders.map(({ body }) => body as { is_buy: boolean; price: number });
  const highestBuy = Math.max(...bodies.filter(({ is_buy }) => is_buy).map(({ price }) => price));
  const lowestSell = Math.min(...bodies.filter(({ is_buy }) => !is_buy).map(({ price }) => price));
  expect(highestBuy).toBeGreaterThanOrEqual(lowestSell);
});
