import { LEVELS, Quotes, SPACING } from './quotes.js';
import { seeded } from './random.js';
import { Walk } from './walk.js';

const ids = (prefix: string) => {
  let n = 0;
  return () => `${prefix}${++n}`;
};

/** Plays actions on a list of open orders, as a book that trades nothing would. */
class Open {
  readonly orders = new Map<string, { side: string; price: number }>();

  play(actions: ReturnType<Quotes['round']>): void {
    for (const action of actions) {
      if (action.action === 'CANCEL') expect(this.orders.delete(action.order_id)).toBe(true);
      else if (action.action === undefined && action.order_id !== undefined) {
        this.orders.set(action.order_id, { side: action.side ?? '', price: action.price ?? 0 });
      }
    }
  }

  side(side: string): number[] {
    return [...this.orders.values()].filter((order) => order.side === side).map(({ price }) => price);
  }
}

const SEED = Number(process.env['DEMO_TEST_SEED'] ?? Date.now() % 2 ** 32);

test(`whatever the walk does, one order stands on every level, on its own side of the price (seed ${SEED})`, () => {
  const random = seeded(SEED);
  const walk = new Walk(15_000, random);
  const [alice, bob] = [new Quotes(0, ids('a')), new Quotes(SPACING / 2, ids('b'))];
  const [ofAlice, ofBob] = [new Open(), new Open()];
  for (let round = 0; round < 500; round++) {
    const mid = walk.next();
    const [quotes, open] = round % 2 === 0 ? [alice, ofAlice] : [bob, ofBob];
    const actions = quotes.round(mid, random);
    expect(actions.length).toBeLessThanOrEqual(4 * LEVELS);
    open.play(actions);
    quotes.confirmed();
    const [bids, asks] = [open.side('BUY'), open.side('SELL')];
    expect([new Set(bids).size, new Set(asks).size]).toEqual([LEVELS, LEVELS]);
    expect(Math.max(...bids)).toBeLessThan(mid);
    expect(Math.min(...asks)).toBeGreaterThanOrEqual(mid);
    expect([...open.orders.keys()].sort()).toEqual([...quotes.openIds].sort());
  }
  expect(ofAlice.side('BUY').filter((price) => ofBob.side('BUY').includes(price))).toEqual([]);
});

test('the same seed gives the same orders', () => {
  const play = () => {
    const random = seeded(7);
    const walk = new Walk(500, random);
    const quotes = new Quotes(0, ids('o'));
    return Array.from({ length: 50 }, () => {
      const actions = quotes.round(walk.next(), random);
      quotes.confirmed();
      return actions;
    });
  };
  expect(play()).toEqual(play());
});

test('a lost round is followed by one that only cancels, old and new, and then by fresh quotes', () => {
  const random = seeded(1);
  const quotes = new Quotes(0, ids('o'));
  quotes.round(15_000, random);
  quotes.confirmed();
  const lost = quotes.round(15_100, random);
  quotes.suspect();
  const repair = quotes.round(15_100, random);
  expect(repair.every(({ action }) => action === 'CANCEL')).toBe(true);
  const cancelled = repair.map((entry) => entry.action === 'CANCEL' && entry.order_id).sort();
  expect(cancelled).toEqual(Array.from({ length: 4 * LEVELS }, (_, i) => `o${i + 1}`).sort());
  expect(lost.filter(({ action }) => action === undefined)).toHaveLength(2 * LEVELS);
  quotes.confirmed();
  expect(quotes.round(15_100, random)).toHaveLength(2 * LEVELS);
});

test('however long the exchange is away, what may stand in its book stays bounded', () => {
  const random = seeded(1);
  const quotes = new Quotes(0, ids('o'));
  for (let i = 0; i < 100; i++) {
    quotes.round(15_000 + 50 * i, random);
    quotes.suspect();
  }
  expect(quotes.openIds.length).toBeLessThanOrEqual(4 * LEVELS);
});

test('an order that ended by itself is replaced, and the end cancels all the others', () => {
  const random = seeded(1);
  const quotes = new Quotes(0, ids('o'));
  quotes.round(15_000, random);
  quotes.confirmed();
  quotes.ended('o1');
  const next = quotes.round(15_000, random);
  expect(next).not.toContainEqual({ action: 'CANCEL', order_id: 'o1' });
  const open = quotes.openIds;
  expect(quotes.cancelAll()).toEqual(open.map((order_id) => ({ action: 'CANCEL', order_id })));
  expect(quotes.openIds).toEqual([]);
});
