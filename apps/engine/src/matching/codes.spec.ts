import * as book from '@supernoba/orderbook';
import * as protocol from '@supernoba/protocol';

test.each(['OrderType', 'TimeInForce', 'SelfTradePrevention', 'OrderStatus', 'Reason'] as const)(
  'the book and the wire have the same codes: %s',
  (name) => {
    expect(Object.values(book[name]).sort()).toEqual(Object.values(protocol[name]).sort());
  },
);
