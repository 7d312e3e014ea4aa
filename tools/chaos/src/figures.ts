import { METRICS, type AuditReport } from '@supernoba/audit';
import type { OrderLoad } from '@supernoba/audit/load';
import type { Floors, ResultRow } from '@supernoba/command';
import { quantile, type FailoverTimes } from './failover.js';
import { FAULT_KINDS, type Faults } from './faults.js';

/** What a run must have done to show anything; `minRate`: orders accepted a second, from the first to the last of the load. */
export function floorsOf(minRate: number): Floors {
  return {
    accepted: 100,
    acceptedPerSecond: minRate,
    faults: 2,
    faultsPerMinute: 4,
    records: 1,
    orders: 1,
    statuses: 100,
    depthsCompared: 1,
    snapshotsCompared: 1,
  };
}

interface Run {
  seed: number;
  /** Length of the load as it was asked for: no fault begins later. */
  minutes: number;
  /** From the first order to the last answer. */
  seconds: number;
  /** Drain and audit. */
  settleSeconds: number;
  load: Pick<OrderLoad, 'accepted' | 'retries' | 'unknown'>;
  faults: Pick<Faults, 'total' | 'counts'>;
  kills: FailoverTimes;
  handOvers: FailoverTimes;
  counts: AuditReport['counts'];
}

export function figuresOf({
  seed,
  minutes,
  seconds,
  settleSeconds,
  load,
  faults,
  kills,
  handOvers,
  counts,
}: Run): ResultRow[] {
  const row = (metric: string, value: number, unit: string): ResultRow => {
    return { workload: `seed ${seed}`, subject: 'exchange', metric, value, unit };
  };
  const times = (what: string, { alone, amongOthers, unfinished }: FailoverTimes) => [
    row(`${what}s`, alone.length, 'alone'),
    row(`${what}MsMedian`, quantile(alone, 0.5), 'ms'),
    row(`${what}MsMax`, quantile(alone, 1), 'ms'),
    row(`${what}sAmongOthers`, amongOthers.length, 'among other faults'),
    row(`${what}AmongOthersMsMax`, quantile(amongOthers, 1), 'ms'),
    row(`${what}sUnfinished`, unfinished, 'at the end of the load'),
  ];
  return [
    row('accepted', load.accepted.size, 'orders'),
    row('acceptedPerSecond', load.accepted.size / seconds, 'orders/s'),
    row('requestRetries', load.retries, 'requests'),
    row('unknownBatches', load.unknown, 'batches'),
    row('faults', faults.total, 'faults'),
    row('faultsPerMinute', faults.total / minutes, 'faults/min'),
    ...FAULT_KINDS.map((kind) => row(kind, faults.counts[kind], 'faults')),
    ...times('failover', kills),
    ...times('handOver', handOvers),
    row('settleSeconds', settleSeconds, 's'),
    ...METRICS.map((metric) => row(metric, counts[metric], 'compared')),
  ];
}
