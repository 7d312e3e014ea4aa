import { mutant, type Mutant } from '../mutant.js';

const GUARD = 'fast/price-guard.ts';
const TIMERS = 'fast/fast-timers.ts';
const DAYS = 'rules/trading-day.ts';

/** Bugs in days, bands, halts and their reference. */
export const timeMutants: readonly Mutant[] = [
  {
    name: 'day-begins-on-the-other-side-of-the-world',
    spec: 'stops',
    edits: [
      { file: DAYS, find: 'time + offsetMin * MINUTE_MS', replace: 'time - offsetMin * MINUTE_MS' },
      { file: DAYS, find: 'day * DAY_MS - offsetMin', replace: 'day * DAY_MS + offsetMin' },
    ],
  },
  mutant('day-orders-live-on', 'stops', TIMERS, 'if (dayEnds) endDay(book);', 'if (dayEnds);'),
  mutant(
    'every-order-ends-with-the-day',
    'stops',
    TIMERS,
    'if ((slab.flags(slot) & Flag.TIF_MASK) === Flag.DAY)',
    'if (true)',
  ),
  mutant(
    'band-edge-off-by-one',
    'band-and-halt',
    GUARD,
    'Math.abs(price - reference) > bandSpan',
    'Math.abs(price - reference) >= bandSpan',
  ),
  mutant(
    'halt-lasts-a-millisecond-longer',
    'band-and-halt',
    GUARD,
    'book.time + book.config.haltDurationMs',
    'book.time + book.config.haltDurationMs + 1',
  ),
  mutant('reference-outlives-the-halt', 'band-and-halt', GUARD, 'book.reference.reset(isKnown ?', 'void (isKnown ?'),
  mutant(
    'reference-is-the-newest-of-its-millisecond',
    'band-and-halt',
    'fast/reference-window.ts',
    '? oldest.last : oldest.first',
    '? oldest.last : oldest.last',
  ),
  mutant(
    'triggered-stops-go-on-in-a-halt',
    'band-and-halt',
    'fast/fast-matching.ts',
    "while (book.state === 'open')",
    'while (true)',
  ),
  mutant('stops-kept-waiting-halt-again', 'band-and-halt', GUARD, 'if (book.isLifting) return Reason.Halted;', ''),
];
