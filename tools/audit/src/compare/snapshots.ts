import type { SymbolMachine } from '@supernoba/engine/matching';
import { encodeSnapshot } from '@supernoba/engine/snapshot';
import { createHash } from 'node:crypto';
import type { Findings } from '../findings.js';
import type { HeldSnapshot } from '../held.js';
import type { Observer } from '../replay.js';

const STORE = 'snapshots';

/** Every snapshot that a manifest names is what it says, and is what the naive book makes of the journal up to there. */
export class SnapshotCheck implements Observer {
  /** By symbol and position. */
  readonly #held = new Map<string, HeldSnapshot[]>();

  constructor(
    snapshots: readonly HeldSnapshot[],
    private readonly findings: Findings,
  ) {
    for (const snapshot of snapshots) {
      const key = `${snapshot.symbol} ${snapshot.position}`;
      const same = this.#held.get(key);
      if (same === undefined) this.#held.set(key, [snapshot]);
      else same.push(snapshot);
    }
  }

  moved(machine: SymbolMachine): void {
    const key = `${machine.symbol} ${machine.position}`;
    const snapshots = this.#held.get(key);
    if (snapshots === undefined) return;
    this.#held.delete(key);
    const expected = createHash('sha256').update(encodeSnapshot(machine)).digest('hex');
    for (const { manifest, symbol, position, sha256, actualSha256 } of snapshots) {
      const what = `${symbol} at ${position}, in ${manifest}`;
      this.findings.count('snapshotsCompared');
      if (this.findings.same(STORE, `sha256 of ${what}`, expected, sha256)) {
        this.findings.same(STORE, `sha256 of the object of ${what}`, expected, actualSha256);
      }
    }
  }

  finish(): void {
    for (const { manifest, symbol, position } of [...this.#held.values()].flat()) {
      this.findings.differ(STORE, `${manifest} names ${symbol} at ${position}: the journal has no such record of it`);
    }
  }
}
