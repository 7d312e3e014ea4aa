import { audit } from '@supernoba/audit';
import { comparePositions, decodeEvents } from '@supernoba/protocol';
import { createKeys } from '@supernoba/valkey-keys';
import { gunzipSync } from 'node:zlib';
import type { RouterAnswers } from '../router.js';
import { STREAM, type VirtualWorld } from '../world/virtual-world.js';
import { heldStores } from './held-stores.js';
import { RunObserver } from './run-observer.js';

/** Reads at the tip, with Kinesis well, that may pass before an overdue timer fires: ten seconds of them. */
const MAX_TIP_READS = 50;

export interface RunAudit {
  problems: string[];
  counts: Record<string, number>;
}

/** The audit of a world that has come to rest, and what the simulator can tell beyond it. */
export async function auditRun(
  world: VirtualWorld,
  answers: RouterAnswers,
  symbols: readonly string[],
): Promise<RunAudit> {
  const observer = new RunObserver();
  const report = audit(await heldStores(world, symbols), [observer]);
  return {
    problems: [
      ...report.differences.map(({ store, message }) => `${store}: ${message}`),
      ...unanswered(world, answers, observer),
      ...lateTimers(world, observer),
      ...loudReplays(world, observer),
      ...unsettledDepths(world, observer),
    ],
    counts: { ...report.counts, accepted: answers.accepted.size, unknown: answers.unknown.size },
  };
}

/** Every request that was answered by a 202 has a status. CANCEL_ALL of nothing has none: it stands in the journal. */
function unanswered(world: VirtualWorld, { accepted }: RouterAnswers, { answered }: RunObserver): string[] {
  const journalled = new Set<string>();
  for (const { records } of world.kinesis.shards(STREAM.orders)) {
    for (const { data } of records) {
      for (const [, id] of Buffer.from(data)
        .toString()
        .matchAll(/"request_id":"([^"]+)"/g))
        journalled.add(id!);
    }
  }
  return [...accepted].flatMap(([request, action]) => {
    const found = action === 'CANCEL_ALL' ? journalled : answered;
    return found.has(request) ? [] : [`${request} (${action}) was answered 202, and nothing came of it`];
  });
}

/** A timer fires within seconds of its deadline for as long as somebody reads at the tip, whatever other symbols do. */
function lateTimers({ watch }: VirtualWorld, { timers }: RunObserver): string[] {
  return timers.flatMap(({ shardId, symbol, deadline, firedAt }) => {
    const reads = (watch.tipReads.get(shardId) ?? []).filter((at) => at > deadline + 2_000 && at < firedAt);
    if (reads.length <= MAX_TIP_READS) return [];
    return [`${symbol}: a timer of ${deadline} fired at ${firedAt}, after ${reads.length} reads at the tip`];
  });
}

/** A replay up to the published checkpoint is silent: what a process writes comes after the checkpoint it started from. */
function loudReplays({ watch, kinesis }: VirtualWorld, { origins }: RunObserver): string[] {
  const problems: string[] = [];
  for (const stream of [STREAM.fills, STREAM.statuses]) {
    for (const { data, writer } of kinesis.shards(stream).flatMap(({ records }) => records)) {
      for (const { symbol, seq } of decodeEvents(data, (bytes, max) => gunzipSync(bytes, { maxOutputLength: max }))) {
        const origin = origins.get(`${symbol} ${seq}`);
        const isDue = watch.takeOvers.some(
          ({ process, shardId, checkpoint }) =>
            process === writer &&
            shardId === origin?.shardId &&
            comparePositions(origin.sequenceNumber, checkpoint) > 0,
        );
        if (isDue) continue;
        problems.push(`${stream}: ${writer} wrote ${symbol} ${seq}, which was published before it took the shard over`);
      }
    }
  }
  return problems.slice(0, 1);
}

/** At rest the depth is the book as it is at the journal's end, not as it was at some time before. */
function unsettledDepths(world: VirtualWorld, observer: RunObserver): string[] {
  return [...observer.depths()].flatMap(([symbol, depth]) => {
    const held = world.depth.valkey.command('GET', [createKeys().depth(symbol)]);
    return held === depth ? [] : [`the depth of ${symbol} is ${String(held)}, at the journal's end it is ${depth}`];
  });
}
