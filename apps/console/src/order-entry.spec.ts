import { parseOrder } from '@supernoba/protocol/schemas';
import { OrderType } from '@supernoba/protocol';
import { orderOf, orderText, TIFS, type OrderEntry } from './order-entry.js';

const entry: OrderEntry = {
  side: 'BUY',
  type: 'LIMIT',
  tif: 'GTC',
  price: '150',
  stopPrice: '155',
  quantity: '1,000',
  displayQuantity: '',
  postOnly: false,
  allOrNone: false,
};

test.each(Object.values(OrderType))(
  '%s: what the form sends is an order of that type, with its own fields alone',
  (type) => {
    for (const tif of TIFS[type]) {
      const order = orderOf({ ...entry, type, tif, postOnly: true, displayQuantity: '100' });
      expect(parseOrder({ ...order, symbol: 'TEST' }).ok).toBe(true);
      expect('price' in order).toBe(type === 'LIMIT' || type === 'STOP_LIMIT');
      expect('stop_price' in order).toBe(type === 'STOP' || type === 'STOP_LIMIT');
      expect(order).toMatchObject({ order_type: type, tif, quantity: 1_000, display_quantity: 100 });
    }
  },
);

test('post-only is asked for only of an order that can rest', () => {
  const posted = (type: OrderType) =>
    TIFS[type].filter((tif) => orderOf({ ...entry, type, tif, postOnly: true }).post_only);
  expect(posted('LIMIT')).toEqual(['GTC', 'DAY']);
  expect(posted('STOP_LIMIT')).toEqual(['GTC', 'DAY']);
  expect([...posted('MARKET'), ...posted('STOP')]).toEqual([]);
});

test('what is no number goes on as none, so that the client can say what is wrong', () => {
  expect(orderOf({ ...entry, price: '1.5', quantity: '', displayQuantity: 'x' })).toMatchObject({
    price: NaN,
    quantity: NaN,
    display_quantity: NaN,
  });
});

test.each<[Partial<OrderEntry>, string]>([
  [{}, '1,000 TEST at 150'],
  [{ type: 'MARKET' }, '1,000 TEST at market'],
  [{ type: 'STOP' }, '1,000 TEST at market from 155'],
  [{ type: 'STOP_LIMIT' }, '1,000 TEST at 150 from 155'],
  [{ price: '' }, 'TEST'],
])('%j reads as %s', (change, text) => {
  expect(orderText({ ...entry, ...change }, 'TEST')).toBe(text);
});
