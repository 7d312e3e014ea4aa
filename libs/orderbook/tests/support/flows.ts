import fc from 'fast-check';
import type { BookCommand, OrderType, ReplaceCommand, SelfTradePrevention, TimeInForce } from '../../src/index.js';

/** What the owner of an open order does to it. */
export type OwnChange = { type: 'CANCEL' } | Omit<ReplaceCommand, 'orderId' | 'userId'>;

/**
 * One step of a flow: a command some ms after the last, something that the owner of the `pick`th open order does to it, a
 * clock that moves alone, a restart from a snapshot, or one that is kept and, later, an operator's restore of it.
 */
export type Step =
  | { step: 'COMMAND'; command: BookCommand; wait: number }
  | { step: 'OWN'; pick: number; change: OwnChange; wait: number }
  | { step: 'ADVANCE'; wait: number }
  | { step: 'RESTART' }
  | { step: 'SAVE' }
  | { step: 'RESTORE'; wait: number };

interface FlowSettings {
  seed: number;
  numRuns: number;
  steps: number;
  endOnFailure: boolean;
}

/**
 * Settings of a property run: `FLOW_SEED`, `FLOW_RUNS` and `FLOW_STEPS` of the environment go before the defaults.
 * `FLOW_SHRINK=no` shows the first flow that fails as it is: who only wants to know that one does need not wait.
 */
export function flowSettings(runs: number): FlowSettings {
  const { FLOW_RUNS, FLOW_STEPS, FLOW_SHRINK } = process.env;
  const endOnFailure = FLOW_SHRINK === 'no';
  return { seed: flowSeed(), numRuns: Number(FLOW_RUNS ?? runs), steps: Number(FLOW_STEPS ?? 120), endOnFailure };
}

/** `FLOW_SEED` of the environment, else a random one. */
export function flowSeed(): number {
  const { FLOW_SEED } = process.env;
  return FLOW_SEED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(FLOW_SEED);
}

const few = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

/** Mostly `usual`, one time in twelve something else. */
function mostly<T, U>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<U>): fc.Arbitrary<T | U> {
  return fc.oneof({ arbitrary: usual, weight: 11 }, { arbitrary: other, weight: 1 });
}

const badNumber = few(0, -1, 1.5, NaN, Infinity, -0, 2 ** 53, 1e12 + 1, Number.MIN_VALUE);
const badId = few('', 'x'.repeat(65), '\0', 'é', '주문', '\ud800', 'a-quite-long-order-id-of-forty-characters');
const orderId = mostly(
  fc.nat(150).map((n) => `order-${n}`),
  badId,
);
const userId = mostly(few('ann', 'bob', 'cid', 'dee'), few('', 'x'.repeat(129), 'é'));
const requestId = fc.option(
  mostly(
    fc.nat(40).map((n) => `r${n}`),
    badId,
  ),
  { nil: undefined, freq: 2 },
);
const price = mostly(fc.integer({ min: 95, max: 105 }), badNumber);
const quantity = mostly(fc.integer({ min: 1, max: 30 }), badNumber);
const orderType = fc.oneof(
  { arbitrary: few<OrderType | undefined>(undefined, 'LIMIT'), weight: 12 },
  { arbitrary: few<OrderType>('MARKET', 'STOP', 'STOP_LIMIT'), weight: 6 },
  { arbitrary: few('NONSENSE' as OrderType), weight: 1 },
);
const timeInForce = fc.oneof(
  { arbitrary: few<TimeInForce | undefined>(undefined, 'GTC'), weight: 10 },
  { arbitrary: few<TimeInForce>('IOC', 'FOK', 'DAY'), weight: 6 },
  { arbitrary: few('NONSENSE' as TimeInForce), weight: 1 },
);
const selfTradePrevention = fc.oneof(
  { arbitrary: few<SelfTradePrevention | undefined>(undefined, 'NONE'), weight: 6 },
  { arbitrary: few<SelfTradePrevention>('CANCEL_TAKER', 'CANCEL_MAKER', 'CANCEL_BOTH', 'DECREMENT'), weight: 6 },
  { arbitrary: few('NONSENSE' as SelfTradePrevention), weight: 1 },
);

function maybe<T>(value: fc.Arbitrary<T>, oneIn: number): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined, freq: oneIn - 1 }).map((v) => v);
}
/** `undefined` one time in… `freq` of fc.option counts the values, so this turns it round. */
function seldom<T>(value: fc.Arbitrary<T>, oneIn: number): fc.Arbitrary<T | undefined> {
  return fc.oneof({ arbitrary: value, weight: 1 }, { arbitrary: fc.constant(undefined), weight: oneIn - 1 });
}

/** Drops the fields that are undefined: the commands of a caller who leaves them out. */
function present<T extends object>(command: T): T {
  return Object.fromEntries(Object.entries(command).filter(([, value]) => value !== undefined)) as T;
}

const anyAdd = fc
  .record({
    type: fc.constant('ADD' as const),
    orderId,
    userId,
    isBuy: fc.boolean(),
    price: maybe(price, 12),
    quantity,
    orderType,
    timeInForce,
    postOnly: seldom(fc.boolean(), 6),
    allOrNone: seldom(fc.boolean(), 6),
    stopPrice: seldom(price, 6),
    displayQuantity: seldom(fc.oneof(fc.integer({ min: 1, max: 8 }), badNumber), 6),
    selfTradePrevention,
    requestId,
  })
  .map(present);

/** Orders without a mistake: most of a market. */
const soundAdd = fc
  .record({
    type: fc.constant('ADD' as const),
    orderId: fc.nat(150).map((n) => `order-${n}`),
    userId: few('ann', 'bob', 'cid', 'dee'),
    isBuy: fc.boolean(),
    price: fc.integer({ min: 95, max: 105 }),
    quantity: fc.integer({ min: 1, max: 30 }),
    kind: fc.nat(20),
    stopPrice: fc.integer({ min: 95, max: 105 }),
    displayQuantity: fc.integer({ min: 1, max: 6 }),
    timeInForce: few<TimeInForce | undefined>(undefined, undefined, undefined, 'DAY', 'IOC', 'FOK'),
    selfTradePrevention: few<SelfTradePrevention | undefined>(
      undefined,
      undefined,
      'CANCEL_TAKER',
      'CANCEL_MAKER',
      'CANCEL_BOTH',
      'DECREMENT',
    ),
  })
  .map(({ kind, stopPrice, displayQuantity, timeInForce: tif, ...order }) => {
    const rests = tif === 'IOC' || tif === 'FOK' ? undefined : tif;
    switch (kind) {
      case 0:
        return present({ ...order, orderType: 'MARKET' as const, price: undefined, timeInForce: undefined });
      case 1:
        return present({ ...order, orderType: 'STOP' as const, price: undefined, stopPrice, timeInForce: rests });
      case 2:
      case 3:
        return present({ ...order, orderType: 'STOP_LIMIT' as const, stopPrice, timeInForce: tif });
      case 4:
      case 5:
        return present({ ...order, displayQuantity, timeInForce: rests });
      case 6:
      case 7:
        return present({ ...order, allOrNone: true, timeInForce: tif });
      case 8:
        return present({ ...order, postOnly: true, timeInForce: rests });
      case 9:
        return present({ ...order, timeInForce: tif });
      case 10:
        return present({ ...order, postOnly: true, displayQuantity, timeInForce: rests });
      default:
        return present({ ...order, selfTradePrevention: undefined, timeInForce: undefined });
    }
  });

const change = fc
  .record({
    type: fc.constant('REPLACE' as const),
    orderId,
    userId,
    price: maybe(price, 2),
    quantity: maybe(quantity, 2),
    stopPrice: seldom(price, 8),
    displayQuantity: seldom(fc.oneof(fc.integer({ min: 1, max: 8 }), badNumber), 8),
    requestId,
  })
  .map(present);

const end = fc.record({ type: fc.constant('CANCEL' as const), orderId, userId, requestId }).map(present);
const endAll = fc.record({ type: fc.constant('CANCEL_ALL' as const), userId, requestId }).map(present);
const operator = fc.oneof(
  fc.record({ type: fc.constant('FORCE_CANCEL' as const), orderId, requestId }).map(present),
  fc.record({ type: fc.constant('FORCE_CANCEL_ALL' as const), userId: seldom(userId, 2), requestId }).map(present),
  fc.constant({ type: 'HALT' as const }),
  fc.constant({ type: 'RESUME' as const }),
  fc.constant({ type: 'RESUME' as const }),
  fc.constant({ type: 'RESUME' as const }),
  fc
    .record({
      dayOffsetMin: maybe(mostly(few(0, 540, -720, 840), few(1.5, 841, NaN)), 2),
      selfTradePrevention,
      referencePrice: seldom(mostly(few(0, 100), badNumber), 3),
      referenceWindowMs: seldom(mostly(few(1, 1_000, 120_000), badNumber), 3),
      priceBandBps: seldom(mostly(few(0, 0, 200, 400), few(10_001, -1)), 2),
      haltThresholdBps: seldom(mostly(few(0, 0, 150, 300), few(10_001, -1)), 2),
      haltDurationMs: seldom(mostly(few(1, 5, 2_000), badNumber), 3),
    })
    .map((config) => ({ type: 'CONFIGURE' as const, config: present(config) })),
);

const command: fc.Arbitrary<BookCommand> = fc.oneof(
  { arbitrary: soundAdd as fc.Arbitrary<BookCommand>, weight: 40 },
  { arbitrary: anyAdd as fc.Arbitrary<BookCommand>, weight: 6 },
  { arbitrary: change as fc.Arbitrary<BookCommand>, weight: 4 },
  { arbitrary: end as fc.Arbitrary<BookCommand>, weight: 4 },
  { arbitrary: endAll as fc.Arbitrary<BookCommand>, weight: 2 },
  { arbitrary: operator as fc.Arbitrary<BookCommand>, weight: 4 },
  { arbitrary: fc.constant<BookCommand>({ type: 'DELIST' }), weight: 0 },
);

const wait = fc.oneof(
  { arbitrary: few(0, 0, 0, 1, 7, 1_000), weight: 30 },
  { arbitrary: few(120_000, 400_000, 600_000, 600_001), weight: 2 },
  { arbitrary: few(40_000_000, 90_000_000), weight: 1 },
);

const ownChange: fc.Arbitrary<OwnChange> = fc.oneof(
  { arbitrary: fc.constant<OwnChange>({ type: 'CANCEL' }), weight: 3 },
  {
    arbitrary: fc
      .record({
        type: fc.constant('REPLACE' as const),
        price: seldom(fc.integer({ min: 95, max: 105 }), 2),
        quantity: seldom(fc.integer({ min: 1, max: 40 }), 2),
        stopPrice: seldom(fc.integer({ min: 95, max: 105 }), 6),
        displayQuantity: seldom(fc.integer({ min: 1, max: 8 }), 6),
        requestId,
      })
      .map((replace) => present(replace) as OwnChange),
    weight: 5,
  },
);

export const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ step: fc.constant('COMMAND' as const), command, wait }), weight: 60 },
  {
    arbitrary: fc.record({ step: fc.constant('OWN' as const), pick: fc.nat(1000), change: ownChange, wait }),
    weight: 24,
  },
  { arbitrary: fc.record({ step: fc.constant('ADVANCE' as const), wait }), weight: 1 },
  { arbitrary: fc.constant({ step: 'RESTART' as const }), weight: 1 },
  { arbitrary: fc.constant({ step: 'SAVE' as const }), weight: 1 },
  { arbitrary: fc.record({ step: fc.constant('RESTORE' as const), wait }), weight: 1 },
);
