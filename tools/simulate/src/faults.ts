import type { Fleet, RunningEngine } from './fleet.js';
import type { Random } from './random.js';
import type { CacheServer } from './world/cache-server.js';
import type { Service, Trouble } from './world/network.js';
import { STREAM, type VirtualWorld } from './world/virtual-world.js';

/** What a fault acts on. */
export interface FaultScene {
  world: VirtualWorld;
  fleet: Fleet;
  random: Random;
  symbols: readonly string[];
}

const MAX_OPEN_SHARDS = 4;
/** So long whoever begins to read gets earlier records, too. */
const REDELIVER_MS = 10_000;

/** Returns false where there was nothing to act on. */
type Fault = (scene: FaultScene) => boolean;

function disturbance(services: readonly Service[], trouble: Partial<Trouble>): Fault {
  return ({ world, random }) => {
    world.network.disturb(random.pick(services), trouble, random.integer(1_000, 12_000));
    return true;
  };
}

/** An engine that lives, to do something to. */
function onEngine(act: (member: RunningEngine, scene: FaultScene) => void): Fault {
  return (scene) => {
    const living = scene.fleet.living();
    if (living.length === 0) return false;
    act(scene.random.pick(living), scene);
    return true;
  };
}

/** The depth cache more often than the backup cache: more depends on it. */
function onCache(act: (server: CacheServer, scene: FaultScene) => void): Fault {
  return (scene) => {
    const { world, random } = scene;
    act(random.pick([world.depth, world.depth, world.backup]), scene);
    return true;
  };
}

/** Every kind of fault. */
export const FAULTS = {
  crash: onEngine(({ process }) => process.kill()),
  crashAtCall: onEngine(({ process }, { random }) => {
    process.requestsOutlive = random.chance(0.5);
    process.killAtCall(random.integer(1, 80), random.chance(0.5));
  }),
  pause: onEngine(({ process }, { random }) => process.pause(random.integer(1_000, 40_000))),
  replacement: onEngine((member, { fleet }) => fleet.replace(member)),
  leaseTheft({ world, random }) {
    const table = world.leasesTable;
    const rows = world.dynamo.rows(table).filter(({ leaseOwner }) => leaseOwner !== undefined);
    if (rows.length === 0) return false;
    const { leaseKey, leaseCounter } = random.pick(rows);
    const epoch = world.dynamo.increment(table, { leaseKey: '#epoch' }, 'epoch');
    world.dynamo.update(
      table,
      { leaseKey },
      { leaseOwner: 'thief', leaseCounter: Number(leaseCounter) + 1, epoch },
      {},
    );
    return true;
  },
  throttling: disturbance(['kinesis', 'dynamo', 's3'], { throttled: 0.5 }),
  partialBatches: disturbance(['kinesis', 'kinesis', 'dynamo'], { partial: 0.5 }),
  lostRequests: disturbance(['kinesis', 'dynamo', 's3', 'depth', 'depth', 'backup'], { lostRequest: 0.3 }),
  lostReplies: disturbance(['kinesis', 'dynamo', 's3', 'depth', 'depth', 'backup'], { lostReply: 0.4 }),
  lateRequests: disturbance(['kinesis', 'dynamo', 'depth'], { late: 0.3 }),
  cacheRestart: onCache((server, { random }) => server.restart(random.integer(100, 15_000), false)),
  cacheFailover: onCache((server, { random }) => server.restart(random.integer(100, 3_000), true)),
  cacheFlush: onCache((server) => server.flush()),
  expiredIterators({ world }) {
    return world.kinesis.expireIterators();
  },
  delayedRecords({ world, random }) {
    world.kinesis.delay(random.integer(500, 8_000));
    return true;
  },
  redeliveredRecords({ world, random }) {
    return world.kinesis.redeliver(STREAM.orders, random.integer(1, 20), REDELIVER_MS);
  },
  duplicatedRecords({ world, random }) {
    let copies = 0;
    for (const shard of world.kinesis.shards(STREAM.orders)) {
      const recent = shard.records.slice(-random.integer(1, 10)).filter(({ partitionKey }) => partitionKey !== 'TICK');
      for (const { partitionKey, data } of recent) world.kinesis.put(STREAM.orders, { partitionKey, data }, 'repeater');
      copies += recent.length;
    }
    return copies > 0;
  },
  poison({ world, random, symbols }) {
    const symbol = random.pick(symbols);
    for (let count = random.integer(1, 4); count > 0; count--) {
      const [partitionKey, text] = random.pick(poisons(symbol));
      world.kinesis.put(STREAM.orders, { partitionKey, data: Buffer.from(text) }, 'poisoner');
    }
    return true;
  },
  split({ world, random }) {
    const open = world.kinesis.shards(STREAM.orders).filter(({ closed }) => !closed);
    if (open.length >= MAX_OPEN_SHARDS) return false;
    world.kinesis.split(STREAM.orders, random.pick(open));
    return true;
  },
  merge({ world, random }) {
    const open = world.kinesis.shards(STREAM.orders).filter(({ closed }) => !closed);
    const pairs = open.flatMap((left) =>
      open.filter(({ start }) => start === left.end + 1n).map((right) => [left, right] as const),
    );
    if (pairs.length === 0) return false;
    world.kinesis.merge(STREAM.orders, ...random.pick(pairs));
    return true;
  },
  /** The retention ends for records before the checkpoint: they are in the archive alone, for whoever starts anew. */
  trim({ world, fleet, random }) {
    let trimmed = 0;
    for (const { leaseKey, checkpoint } of world.dynamo.rows(world.leasesTable)) {
      if (typeof leaseKey !== 'string' || typeof checkpoint !== 'string' || !random.chance(0.7)) continue;
      trimmed += world.kinesis.trim(STREAM.orders, leaseKey, checkpoint);
    }
    const living = fleet.living();
    if (living.length > 0 && random.chance(0.5)) random.pick(living).process.kill();
    return trimmed > 0;
  },
} satisfies Record<string, Fault>;

export type FaultKind = keyof typeof FAULTS;

function poisons(symbol: string): [key: string, text: string][] {
  const order = { action: 'ADD', symbol, order_id: 'bad', user_id: 'mallory', is_buy: true, price: 1.5, quantity: 1 };
  return [
    [symbol, 'no JSON at all'],
    [symbol, '[]'],
    [symbol, '\u0000\u0001\u0002'],
    [symbol, '{"action":"NOPE"}'],
    [symbol, JSON.stringify(order)],
    [symbol, JSON.stringify([{ ...order, price: 100, order_id: 'good-after-bad' }, order, { ...order, price: '1' }])],
    [symbol, JSON.stringify({ ...order, order_id: 'cancel', action: 'CANCEL', user_id: 7 })],
    ['OTHER', JSON.stringify({ ...order, price: 100 })],
    [symbol, JSON.stringify({ ...order, symbol: 'no:symbol', price: 100 })],
    [symbol, 'x'.repeat(70_000)],
  ];
}

export interface PlannedFault {
  at: number;
  kind: FaultKind;
}

/** More than the five faults of three kinds that a run must have, spread over it: some may find nothing to act on. */
export function drawFaults(random: Random, endsAt: number): PlannedFault[] {
  const kinds = Object.keys(FAULTS) as FaultKind[];
  const chosen = new Set<FaultKind>();
  while (chosen.size < 5) chosen.add(random.pick(kinds));
  const planned = [...chosen];
  const count = random.integer(8, 14);
  while (planned.length < count) planned.push(random.pick(kinds));
  return planned.map((kind) => ({ kind, at: random.integer(1_500, endsAt) })).sort((a, b) => a.at - b.at);
}
