import { mutant, type Mutant } from '../mutant.js';

const COMMANDS = 'fast/fast-commands.ts';
const REPLACE = 'fast/fast-replace.ts';
const STATE = 'fast/fast-state.ts';

/** Bugs in changing, cancelling and counting orders. */
export const changeMutants: readonly Mutant[] = [
  mutant('larger-quantity-keeps-its-place', 'changes', REPLACE, ' && quantity <= oldQuantity', ''),
  mutant('smaller-quantity-loses-its-place', 'changes', REPLACE, 'quantity <= oldQuantity', 'quantity === oldQuantity'),
  mutant('new-price-keeps-its-place', 'changes', REPLACE, 'price === oldPrice && ', ''),
  mutant(
    'replace-forgets-what-is-filled',
    'changes',
    REPLACE,
    'quantity - (oldQuantity - slab.open(slot))',
    'quantity',
  ),
  mutant(
    'replaced-post-only-takes',
    'changes',
    REPLACE,
    '(flags & POST_ONLY) !== 0 && wouldTake',
    'false && wouldTake',
  ),
  mutant(
    'replace-overflows-a-level',
    'limits',
    REPLACE,
    'if (others + open > Number.MAX_SAFE_INTEGER) return Reason.QuantityOverflow;',
    '',
  ),
  mutant(
    'new-order-overflows-a-level',
    'limits',
    COMMANDS,
    'if (overflows(book, flags, price, quantity)) return Reason.QuantityOverflow;',
    '',
  ),
  mutant('anybody-cancels', 'changes', COMMANDS, "=== userId ? '' : Reason.NotOwner", "=== userId ? '' : ''"),
  mutant(
    'cancel-all-newest-first',
    'changes',
    COMMANDS,
    'of own) book.endResting',
    'of own.reverse()) book.endResting',
  ),
  mutant(
    'ended-orders-count-as-open',
    'limits',
    'fast/users.ts',
    'removeOrder(number: number): void {\n    this.#open[number] = this.#open[number]! - 1;',
    'removeOrder(number: number): void {',
  ),
  mutant(
    'one-open-order-too-many',
    'limits',
    COMMANDS,
    '>= book.limits.openOrdersPerUser',
    '> book.limits.openOrdersPerUser',
  ),
  mutant(
    'depth-version-misses-an-end',
    'depth',
    STATE,
    'side.touch(level);\n    if (previous < 0)',
    'if (previous < 0)',
  ),
  mutant(
    'depth-version-misses-an-execution',
    'depth',
    'fast/fast-execution.ts',
    'book.sideOf(slab.flags(maker)).touch(level);',
    '',
  ),
  mutant('depth-version-misses-a-reduction', 'depth', STATE, 'this.sideOf(slab.flags(slot)).touch(level);', ''),
  mutant(
    'fill-without-a-number',
    'matching',
    'fast/fast-events.ts',
    'event.seq = ++this.seq;\n    event.tradeNo',
    'event.seq = this.seq;\n    event.tradeNo',
  ),
  mutant(
    'status-number-skipped',
    'matching',
    'fast/fast-events.ts',
    'event.n = ++this.statusNo;\n    event.status = status;\n    event.reason = reason;\n    event.orderId = slab.idText',
    'event.n = this.statusNo += 2;\n    event.status = status;\n    event.reason = reason;\n    event.orderId = slab.idText',
  ),
  mutant('filled-quantity-untold', 'matching', 'fast/fast-events.ts', 'event.open = left;', 'event.open = quantity;'),
];
