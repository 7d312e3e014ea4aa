import { orderBooks } from '../matching/books.js';
import { SymbolMachine } from '../matching/symbol-machine.js';
import { captureSymbol, decodeSnapshot, encodeSnapshot } from './symbol-snapshot.js';

const ORDERS = 100_000;

test('a book of 100,000 orders is captured whole; how long the market stands still for it is printed', () => {
  const machine = new SymbolMachine('TEST', orderBooks);
  for (let no = 0; no < ORDERS; no++) {
    const isBuy = no % 2 === 0;
    const price = (isBuy ? 1_000 : 2_000) + (no % 500);
    const order = { order_id: `order-${no}`, user_id: `user-${no % 1_000}`, is_buy: isBuy, price, quantity: 10 };
    machine.apply({ action: 'ADD', symbol: 'TEST', ...order }, 1_700_000_000_000 + no, undefined);
  }
  expect(machine.book.openOrders).toBe(ORDERS);
  const pauses = Array.from({ length: 5 }, () => {
    let longest = 0;
    let begun = performance.now();
    for (const piece of captureSymbol(machine)) {
      longest = Math.max(longest, performance.now() - begun);
      expect(piece).toBeInstanceOf(Uint8Array);
      begun = performance.now();
    }
    return longest;
  });
  process.stderr.write(
    `longest pause in a snapshot of ${ORDERS} orders: ${pauses.map((ms) => ms.toFixed(1)).join(', ')} ms\n`,
  );
  const { book, state } = decodeSnapshot(encodeSnapshot(machine));
  const restored = new SymbolMachine('TEST', orderBooks, { book, state });
  expect(restored.book.stateHash()).toBe(machine.book.stateHash());
});

test('bytes of another format, or cut short, are refused', () => {
  const bytes = encodeSnapshot(new SymbolMachine('TEST', orderBooks));
  expect(() => decodeSnapshot(Buffer.from('noise'))).toThrow(expect.objectContaining({ code: 'BAD_SNAPSHOT' }));
  expect(() => decodeSnapshot(bytes.subarray(0, 12))).toThrow(expect.objectContaining({ code: 'BAD_SNAPSHOT' }));
});
