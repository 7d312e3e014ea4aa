import { SYMBOL_CONFIG_NUMBERS, SYMBOL_CONFIG_RANGES, type SymbolConfig } from '@supernoba/protocol';
import { orderBooks } from './books.js';
import { toBookCommand } from './commands.js';

/** Reasons of the statuses that a configuration is answered with: none where the book takes it over. */
function answersTo(config: SymbolConfig): string[] {
  const reasons: string[] = [];
  const book = orderBooks.create('TEST', {
    onFill: () => undefined,
    onStatus: ({ reason }) => reasons.push(reason),
  });
  const command = toBookCommand({
    action: 'SYMBOL',
    op: 'CONFIG',
    symbol: 'TEST',
    request_id: 'r',
    actor: 'a',
    config,
  });
  const before = book.stateHash();
  book.execute(command, 1);
  if (reasons.length === 0) expect(book.stateHash()).not.toBe(before);
  return reasons;
}

test.each(SYMBOL_CONFIG_NUMBERS)('%s: the book takes what the protocol takes, no more and no less', (field) => {
  const [min, max] = SYMBOL_CONFIG_RANGES[field];
  expect([min, max].map((value) => answersTo({ [field]: value }))).toEqual([[], []]);
  expect([min - 1, max + 1].map((value) => answersTo({ [field]: value }))).toEqual([['BAD_ORDER'], ['BAD_ORDER']]);
});
