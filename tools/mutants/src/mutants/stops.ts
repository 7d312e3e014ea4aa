import { mutant, type Mutant } from '../mutant.js';

const STOPS = 'fast/fast-stops.ts';
const MATCHING = 'fast/fast-matching.ts';

/** Bugs in when stops go on, and in which order. */
export const stopMutants: readonly Mutant[] = [
  mutant(
    'stop-order-reversed',
    'stops',
    'fast/fast-state.ts',
    'buyStops = new BookSide(this.levels, false)',
    'buyStops = new BookSide(this.levels, true)',
  ),
  mutant(
    'equal-stops-last-in-first-out',
    'stops',
    STOPS,
    'book.levels.head(level)',
    'book.levels.words[(level << 4) + 7]!',
  ),
  mutant(
    'sell-stops-go-first',
    'stops',
    STOPS,
    'triggerSide(book, book.buyStops, true);\n  triggerSide(book, book.sellStops, false);',
    'triggerSide(book, book.sellStops, false);\n  triggerSide(book, book.buyStops, true);',
  ),
  mutant('trigger-queue-last-in-first-out', 'stops', MATCHING, 'book.queue.shift()', 'book.queue.pop()'),
  mutant('stops-go-on-before-the-first-trade', 'stops', STOPS, 'if (lastPrice === 0) return false;', ''),
  mutant('buy-stop-waits-for-more', 'stops', STOPS, 'lastPrice >= stopPrice', 'lastPrice > stopPrice'),
  mutant(
    'stop-already-true-waits',
    'stops',
    MATCHING,
    'if (isTriggered(book, (flags & Flag.BUY) !== 0, stopPrice)) enqueue(book, stop);\n  else {',
    '{',
  ),
  mutant(
    'stop-limit-becomes-a-market-order',
    'stops',
    MATCHING,
    '=== Flag.STOP ? Flag.MARKET : Flag.LIMIT',
    '=== Flag.STOP ? Flag.MARKET : Flag.MARKET',
  ),
];
