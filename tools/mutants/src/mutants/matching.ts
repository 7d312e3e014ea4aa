import { mutant, type Mutant } from '../mutant.js';

const MATCHING = 'fast/fast-matching.ts';
const EXECUTION = 'fast/fast-execution.ts';
const TRIAL = 'fast/fast-trial.ts';

/** Bugs in who trades with whom, how much and at which price. */
export const matchingMutants: readonly Mutant[] = [
  mutant(
    'last-in-first-out',
    'matching',
    MATCHING,
    '? levels.head(level) : -1',
    '? levels.words[(level << 4) + 7]! : -1',
  ),
  {
    name: 'trade-at-the-takers-price',
    spec: 'matching',
    edits: [
      {
        file: MATCHING,
        find: 'execute(book, maker, taker, quantity);',
        replace: 'execute(book, maker, taker, quantity, limit);',
      },
      { file: EXECUTION, find: 'taker: number, quantity: number)', replace: 'taker: number, quantity: number, limit)' },
      {
        file: EXECUTION,
        find: 'events.fill(maker, taker, price,',
        replace: 'events.fill(maker, taker, limit || price,',
      },
    ],
  },
  mutant(
    'resting-order-passes-an-equal-price',
    'matching',
    MATCHING,
    'isBuy ? price <= limit :',
    'isBuy ? price < limit :',
  ),
  mutant(
    'resting-order-passes-an-all-or-none',
    'all-or-none',
    MATCHING,
    'if ((isBuy ? book.wholeAsks : book.wholeBids).length > 0) return true;',
    '',
  ),
  mutant('ioc-rests', 'matching', MATCHING, 'return tif !== Flag.GTC && tif !== Flag.DAY;', 'return tif === Flag.FOK;'),
  mutant(
    'post-only-takes',
    'matching',
    'fast/fast-commands.ts',
    'command.postOnly === true && wouldTake(book, isBuy, price, quantity)',
    'false',
  ),
  mutant(
    'triggered-post-only-takes',
    'stops',
    MATCHING,
    '(flags & Flag.POST_ONLY) !== 0 && wouldTake',
    'false && wouldTake',
  ),
  mutant(
    'one-execution-too-many',
    'limits',
    MATCHING,
    'book.executions >= book.limits',
    'book.executions > book.limits',
  ),
  mutant(
    'volume-of-the-day-unbounded',
    'limits',
    MATCHING,
    'if (book.volumeToday() + quantity > Number.MAX_SAFE_INTEGER) return Reason.VolumeLimit;',
    '',
  ),

  mutant(
    'iceberg-ends-with-its-slice',
    'icebergs',
    EXECUTION,
    'if (open === 0) {',
    'if (open === 0 || ((flags & Flag.ICEBERG) !== 0 && book.detail(maker).shown === 0)) {',
  ),
  mutant(
    'slice-keeps-its-place',
    'icebergs',
    EXECUTION,
    'book.unlink(maker);\n  book.showSlice(maker);\n  book.rest(maker, price);',
    `book.showSlice(maker);
     const level = book.slab.level(maker);
     book.levels.addShown(level, book.detail(maker).shown);
     book.levels.addHidden(level, -book.detail(maker).shown);`,
  ),
  mutant(
    'reduction-comes-off-the-shown-part',
    'icebergs',
    'fast/fast-state.ts',
    'const shown = Math.min(before, open);',
    'const shown = hidden === 0 ? open : Math.max(1, open - hidden);',
  ),

  mutant('trial-ignores-hidden-parts', 'icebergs', TRIAL, 'slices.push({ slot: maker, open: open - shown });', ';'),
  mutant('trial-sees-two-slices', 'icebergs', TRIAL, 'slices.push(slice);', ';'),
  mutant('trial-takes-parts-of-all-or-none', 'all-or-none', TRIAL, 'slab.open(whole) <= this.left && ', ''),
  mutant('trial-decrements-nothing', 'self-trade', TRIAL, 'if (this.#decrements) this.left', 'if (false) this.left'),
  mutant(
    'trial-passes-over-own-orders',
    'self-trade',
    TRIAL,
    'STP_CANCEL_BOTH) this.failed = true;',
    'STP_CANCEL_BOTH);',
  ),
  mutant(
    'trial-makes-one-execution-too-many',
    'limits',
    TRIAL,
    'this.#executionsLeft-- <= 0',
    'this.#executionsLeft-- < 0',
  ),

  mutant(
    'all-or-none-blocks-others',
    'all-or-none',
    'fast/fast-state.ts',
    'if ((flags & Flag.ALL_OR_NONE) !== 0) return isBuy ? this.wholeBids : this.wholeAsks;',
    '',
  ),
  mutant(
    'all-or-none-filled-in-part',
    'all-or-none',
    MATCHING,
    'while (nextWhole < wholes.length && slab.open(wholes[nextWhole]!) > left) nextWhole++;',
    '',
  ),
  mutant(
    'all-or-none-never-runs-again',
    'all-or-none',
    MATCHING,
    'else if (!tradeReadyOrder(book)) return;',
    'else return;',
  ),
  mutant(
    'all-or-none-runs-once',
    'all-or-none',
    MATCHING,
    'trade(book, order, price);\n      return true;',
    'trade(book, order, price);\n      return false;',
  ),
  mutant(
    'all-or-none-sells-run-first',
    'all-or-none',
    MATCHING,
    'if (book.restedSell && tradeReadyOn(book, true)) return true;\n  return book.restedBuy && tradeReadyOn(book, false);',
    'if (book.restedBuy && tradeReadyOn(book, false)) return true;\n  return book.restedSell && tradeReadyOn(book, true);',
  ),
  mutant(
    'all-or-none-loses-its-place',
    'all-or-none',
    MATCHING,
    'return slab.place(a) < slab.place(b);',
    'return slab.place(a) > slab.place(b);',
  ),

  mutant('decrement-spares-the-taker', 'self-trade', MATCHING, 'slab.setOpen(taker, takerOpen);', ''),
  mutant(
    'decrement-keeps-the-total',
    'self-trade',
    MATCHING,
    'slab.setQuantity(maker, slab.quantity(maker) - quantity);',
    '',
  ),
  mutant('cancel-both-cancels-one', 'self-trade', MATCHING, 'return mode === Flag.STP_CANCEL_BOTH;', 'return false;'),

  mutant(
    'halt-prints-one-more',
    'band-and-halt',
    MATCHING,
    'if (reference > 0 && isBeyondThreshold(book, levels.price(slab.level(maker)), reference)) return haltTrading(book);\n    left -= quantity;\n    slab.setOpen(taker, left);\n    execute(book, maker, taker, quantity);',
    'const printed = levels.price(slab.level(maker));\n    left -= quantity;\n    slab.setOpen(taker, left);\n    execute(book, maker, taker, quantity);\n    if (reference > 0 && isBeyondThreshold(book, printed, reference)) return haltTrading(book);',
  ),
];
