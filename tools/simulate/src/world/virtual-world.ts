import { TABLES } from '@supernoba/protocol';
import type { Random } from '../random.js';
import type { Scheduler } from '../scheduler.js';
import { Watch } from '../watch.js';
import { VirtualDynamo } from './dynamo.js';
import { VirtualKinesis } from './kinesis.js';
import type { LuaRunner } from './lua.js';
import { Network } from './network.js';
import { VirtualObjects } from './objects.js';
import { CacheServer } from './cache-server.js';

export const STREAM = { orders: 'supernoba-orders', fills: 'supernoba-fills', statuses: 'supernoba-order-status' };
export const RETENTION_HOURS = 168;

export interface WorldOptions {
  scheduler: Scheduler;
  random: Random;
  lua: LuaRunner;
  /** Epoch ms at which virtual time begins. */
  epochMs: number;
  orderShards: number;
  trace: (line: string) => void;
}

/** All that outlives a process: the services and the network to them. */
export class VirtualWorld {
  readonly kinesis: VirtualKinesis;
  readonly dynamo = new VirtualDynamo();
  readonly objects = new VirtualObjects();
  readonly depth: CacheServer;
  readonly backup: CacheServer;
  readonly network: Network;
  readonly watch = new Watch((key) => this.#manifestPosition(key));
  readonly leasesTable = TABLES.leases.name;

  constructor(readonly options: WorldOptions) {
    const { scheduler, random, lua, trace, orderShards } = options;
    this.network = new Network(scheduler, random.fork('network'), trace);
    this.kinesis = new VirtualKinesis(() => this.epochNow(), random.fork('kinesis'));
    this.kinesis.createStream(STREAM.orders, orderShards);
    this.kinesis.createStream(STREAM.fills, 2);
    this.kinesis.createStream(STREAM.statuses, 2);
    const lost = () => this.watch.cacheLost();
    this.depth = new CacheServer('depth', { network: this.network, scheduler, lua, lost });
    this.backup = new CacheServer('backup', { network: this.network, scheduler, lua, lost });
  }

  /** Virtual wall clock, epoch ms. */
  epochNow(): number {
    return this.options.epochMs + this.options.scheduler.now;
  }

  /** After a script of the market data: its keys in the order of `marketDataKeys`. */
  watchMarketData([fence = '', , , , , trades = '']: readonly string[], process: string): void {
    const { valkey } = this.depth;
    const [epoch] = valkey.command('HMGET', [fence, 'epoch']) as (string | false)[];
    const rows = valkey.command('LRANGE', [trades, '0', '-1']) as string[];
    this.watch.marketData(fence, epoch || undefined, rows, process);
  }

  #manifestPosition(key: string): string | undefined {
    const bytes = this.objects.get(key);
    return bytes && (JSON.parse(Buffer.from(bytes).toString()) as { position: string }).position;
  }
}
