import { ID_PATTERN } from '@supernoba/protocol';
import { newOrderId, newRequestId } from './ids.js';

test('ids fit the pattern of the exchange, differ, and sort by their time', async () => {
  const first = newOrderId();
  await new Promise((resolve) => setTimeout(resolve, 3));
  const second = newOrderId();
  expect(first).toMatch(/^ord_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  for (const id of [first, second, newRequestId()]) expect(id).toMatch(ID_PATTERN);
  expect(first < second).toBe(true);
  expect(new Set(Array.from({ length: 10_000 }, newRequestId)).size).toBe(10_000);
});
