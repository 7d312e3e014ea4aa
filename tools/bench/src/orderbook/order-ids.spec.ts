import { OrderIds, RequestIds } from './order-ids.js';

test.each([13, 40] as const)('ids of %i characters are distinct and give their number back', (length) => {
  const ids = new OrderIds(length);
  const numbers = [0, 1, 9, 10, 4_294_967_295, ...Array.from({ length: 1_000 }, (_, n) => 1_000_000 + n)];
  const texts = numbers.map((number) => ids.text(number));
  expect(new Set(texts).size).toBe(numbers.length);
  expect(texts.every((text) => text.length === length)).toBe(true);
  expect(texts.map((text) => ids.number(text))).toEqual(numbers);
});

test('an id of 13 characters is ORD and ten digits', () => {
  expect(new OrderIds(13).text(1_234)).toBe('ORD0000001234');
});

test('request ids have the shape of a UUID and are distinct', () => {
  const requests = new RequestIds();
  const texts = Array.from({ length: 1_000 }, (_, n) => requests.text(n));
  expect(new Set(texts).size).toBe(1_000);
  expect(texts.every((text) => /^[0-9a-f]{8}-0000-4000-8000-00\d{10}$/.test(text))).toBe(true);
});
