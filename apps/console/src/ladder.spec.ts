import { ladder, largestQuantity, spreadText } from './ladder.js';

test('rows carry the running total and a bar measured against the largest quantity of both sides', () => {
  const bids: [number, number][] = [
    [150, 30],
    [149, 20],
  ];
  const asks: [number, number][] = [[151, 60]];
  const largest = largestQuantity(bids, asks);
  expect(ladder(bids, largest)).toEqual([
    { price: 150, quantity: 30, total: 30, share: 50 },
    { price: 149, quantity: 20, total: 50, share: expect.closeTo(33.33, 2) },
  ]);
  expect(ladder(asks, largest)).toEqual([{ price: 151, quantity: 60, total: 60, share: 100 }]);
});

test('an empty book has no rows and says so', () => {
  expect(ladder([], largestQuantity([], []))).toEqual([]);
  expect([
    spreadText(undefined, undefined),
    spreadText(1, undefined),
    spreadText(undefined, 1),
    spreadText(149, 151),
  ]).toEqual(['no orders', 'no asks', 'no bids', 'spread 2']);
});
