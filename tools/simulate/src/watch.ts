import type { Item } from '@supernoba/engine/ports';
import { comparePositions } from '@supernoba/protocol';

/** A shard taken over by a process, and the checkpoint from which it has to publish. */
export interface TakeOver {
  process: string;
  shardId: string;
  checkpoint: string;
}

/**
 * What must hold at every moment, not only at the end: a writer that was fenced off changes nothing, checkpoints only
 * grow, and no lease names a manifest beyond its checkpoint.
 */
export class Watch {
  readonly problems: string[] = [];
  readonly takeOvers: TakeOver[] = [];
  /** Times at which somebody read a shard at its tip, virtual epoch ms. */
  readonly tipReads = new Map<string, number[]>();
  readonly #epochs = new Map<string, number>();
  readonly #owners = new Map<string, string>();

  /** @param manifestPosition position of a manifest in the object store; undefined where there is none */
  constructor(private readonly manifestPosition: (key: string) => string | undefined) {}

  /** After a script on the market data of a symbol; `epoch` is what its fence holds now, `trades` are its newest ones. */
  marketData(key: string, epoch: string | undefined, trades: readonly string[], process: string): void {
    const before = this.#epochs.get(key);
    const now = Number(epoch ?? 0);
    if (before !== undefined && now < before) {
      this.problems.push(`${process} wrote ${key} with epoch ${now}, though ${before} had taken it over`);
    }
    this.#epochs.set(key, now);
    const [first, last] = [trades[0], trades.at(-1)];
    if (first === undefined || last === undefined) return;
    if (numberOf(last) - numberOf(first) + 1 !== trades.length) {
      this.problems.push(`${process} left a hole in the trades of ${key}: ${trades.length} from ${first} to ${last}`);
    }
  }

  /** The cache was emptied, or set back to an older state. */
  cacheLost(): void {
    this.#epochs.clear();
  }

  /** Whether one of these rows names the process as its owner. */
  isOwner(process: string, rows: readonly Item[]): boolean {
    return rows.some(({ leaseOwner }) => this.#owners.get(String(leaseOwner)) === process);
  }

  tipRead(shardId: string, at: number): void {
    const times = this.tipReads.get(shardId);
    if (times === undefined) this.tipReads.set(shardId, [at]);
    else times.push(at);
  }

  /** After a write to the row of a lease. */
  lease(shardId: string, before: Item, after: Item, set: Item, process: string): void {
    const problem = (text: string) => this.problems.push(`${process} wrote the lease of ${shardId}: ${text}`);
    const [old, now] = [position(before), position(after)];
    if (typeof set['leaseOwner'] === 'string') {
      this.#owners.set(set['leaseOwner'], process);
      this.takeOvers.push({ process, shardId, checkpoint: now });
    } else if (set['checkpoint'] !== undefined) {
      const owner = this.#owners.get(String(before['leaseOwner']));
      if (owner !== process) problem(`the checkpoint ${now}, though ${owner ?? 'a stranger'} owns it`);
    }
    if (Number(after['epoch'] ?? 0) < Number(before['epoch'] ?? 0)) problem('the epoch fell');
    if (before['checkpoint'] === 'SHARD_END' && after['checkpoint'] !== 'SHARD_END')
      problem('it goes on after its end');
    if (after['checkpoint'] === 'SHARD_END') return;
    if (comparePositions(now, old) < 0) problem(`the checkpoint fell from ${old} to ${now}`);
    const { manifest } = after;
    if (typeof manifest !== 'string') return;
    const reach = this.manifestPosition(manifest);
    if (reach === undefined) problem(`it names ${manifest}, which is not there`);
    else if (comparePositions(reach, now) > 0) problem(`its manifest reaches to ${reach}, its checkpoint to ${now}`);
  }
}

function position({ checkpoint }: Item): string {
  return typeof checkpoint === 'string' && /^\d+$/.test(checkpoint) ? checkpoint : '';
}

/** `[number,…]`. */
function numberOf(trade: string): number {
  return Number(trade.slice(1, trade.indexOf(',')));
}
