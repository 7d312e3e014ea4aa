import { OrderLoad, randomFrom, unaccounted } from '@supernoba/audit/load';
import { auditExchange, auditSettings, localEnvironment, tellReport } from '@supernoba/audit/stores';
import { CommandFailure, missedFloors, type Floors, type ResultRow, type RunContext } from '@supernoba/command';
import { readEndpoints, startExchange, type RunningExchange } from '@supernoba/local';
import { STREAMS } from '@supernoba/protocol';
import { createKinesisClient } from '@supernoba/runtime';
import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Backlog } from './backlog.js';
import { FailoverTimes } from './failover.js';
import { Faults } from './faults.js';
import { figuresOf } from './figures.js';
import { Fleet } from './fleet.js';
import { StatusWatch } from './status-watch.js';

const LEASE_MS = 6_000;
const SYMBOLS = ['TEST', 'BTCUSD', 'CHAOS1', 'CHAOS2', 'CHAOS3', 'CHAOS4', 'CHAOS5', 'CHAOS6'];
/** Orders a second; somewhat more than what must be accepted, since faults cost time. */
export const RATE = 220;
const MOST_ENTRIES = 10;
const MAX_REQUESTS = 48;
/** Accepted orders without an answer; beyond, the load waits, so that the drain stays short. */
const MAX_UNANSWERED = 4_000;
const FAULT_EVERY_MS = 8_000;
const SETTLE_LIMIT_MS = 180_000;
/** Often enough that every take-over replays another stretch; of half an hour there would be thousands to compare. */
const SNAPSHOT_INTERVAL_MS = 15_000;
const SNAPSHOT_KEEP_MS = 60_000;
/** What follows the last status by itself: checkpoints, histories, caches. An audit that comes too early is done twice. */
const FOLLOW_MS = 5_000;
const TICK_MS = 20;
const POLL_MS = 200;

export interface ChaosOptions {
  minutes: number;
  seed: number;
  floors: Floors;
}

/** Trades, strikes, drains and audits. */
export async function runChaos(context: RunContext<unknown>, options: ChaosOptions): Promise<ResultRow[]> {
  const { say, onEnd, signal } = context;
  const { minutes, seed, floors } = options;
  setMaxListeners(4 * MAX_REQUESTS, signal);
  const dataDir = mkdtempSync(join(tmpdir(), 'supernoba-chaos-'));
  let isGood = false;
  onEnd(() => {
    if (isGood) rmSync(dataDir, { recursive: true, force: true });
    else say(`data and logs are kept in ${dataDir}`);
  });
  say(`seed ${seed}, ${minutes} minutes: starting an exchange of its own …`);
  const engineEnv = {
    LEASE_MS: String(LEASE_MS),
    SNAPSHOT_INTERVAL_MS: String(SNAPSHOT_INTERVAL_MS),
    SNAPSHOT_KEEP_MS: String(SNAPSHOT_KEEP_MS),
  };
  const exchange = await startExchange({ dataDir, signal, env: engineEnv });
  onEnd(() => exchange.stop());
  Object.assign(process.env, localEnvironment(exchange.endpoints));
  await registerSymbols(exchange);
  const kinesis = createKinesisClient({ region: 'ap-northeast-2' });
  onEnd(() => kinesis.destroy());
  const fleet = new Fleet(exchange, engineEnv, say);
  onEnd(() => fleet.stop());
  await fleet.start(signal);

  const tokens = currentTokens(exchange);
  const load = new OrderLoad(
    { http: exchange.endpoints.http, tokens, symbols: SYMBOLS, seed, mostEntries: MOST_ENTRIES },
    signal,
  );
  onEnd(() => load.close());
  const kills = new FailoverTimes(SYMBOLS);
  const handOvers = new FailoverTimes(SYMBOLS);
  const backlog = new Backlog(load.accepted);
  const watch = new StatusWatch(kinesis, STREAMS.orderStatus.name, (requestId) => {
    backlog.answered(requestId);
    const accepted = load.accepted.get(requestId);
    if (accepted === undefined) return;
    const now = performance.now();
    kills.answered(accepted, now);
    handOvers.answered(accepted, now);
  });
  await watch.start();
  const random = randomFrom(seed);
  const faults = new Faults({ exchange, fleet, kinesis, random, leaseMs: LEASE_MS, kills, handOvers, signal });

  const begun = performance.now();
  const endsAt = begun + minutes * 60_000;
  await Promise.all([trade(load, watch, backlog, endsAt, signal), strikeUntil(endsAt, faults, random, context)]);
  const seconds = (performance.now() - begun) / 1_000;
  await faults.over();
  say(`${load.accepted.size} orders accepted, ${faults.total} faults; draining`);

  const settling = performance.now();
  const waitMs = () => Math.max(0, settling + SETTLE_LIMIT_MS - performance.now());
  await fleet.ready(signal);
  await drained(load, watch, waitMs() / 2, signal);
  await pause(FOLLOW_MS, undefined, { signal });
  await watch.stop();
  const { report, held } = await auditExchange(auditSettings(process.env), {
    waitMs: waitMs(),
    isDrained: true,
    signal,
    say,
  });
  const settleSeconds = (performance.now() - settling) / 1_000;
  tellReport(report, say);

  const results = figuresOf({
    seed,
    minutes,
    seconds,
    settleSeconds,
    load,
    faults,
    kills,
    handOvers,
    counts: report.counts,
  });
  const problems = unaccounted(load.accepted, held);
  if (report.differencesFound > 0) problems.push(`${report.differencesFound} differences`);
  if (report.counts.recordsPending > 0) problems.push(`${report.counts.recordsPending} records were not published`);
  if (report.counts.tradeRowsBehind > 0)
    problems.push(`${report.counts.tradeRowsBehind} rows of trade_history are behind`);
  if (report.counts.orderRowsBehind > 0)
    problems.push(`${report.counts.orderRowsBehind} rows of order_history are behind`);
  if (settleSeconds * 1_000 > SETTLE_LIMIT_MS) {
    problems.push(`drain and audit took ${settleSeconds.toFixed(1)} s, at most ${SETTLE_LIMIT_MS / 1_000} expected`);
  }
  if (problems.length > 0) {
    for (const { metric, value } of results) say(`${metric} ${Math.round(value * 100) / 100}`);
    throw new CommandFailure(problems.join('\n'));
  }
  // The command tells of what was too little; the logs may show why.
  isGood = missedFloors(floors, results).length === 0;
  return results;
}

/** Sends at the rate while requests are answered, and waits while too much is unanswered. */
async function trade(
  load: OrderLoad,
  watch: StatusWatch,
  backlog: Backlog,
  endsAt: number,
  signal: AbortSignal,
): Promise<void> {
  const begun = performance.now();
  const sending = new Set<Promise<unknown>>();
  let failure: Error | undefined;
  let sent = 0;
  while (performance.now() < endsAt && failure === undefined) {
    watch.check();
    const due = ((performance.now() - begun) / 1_000) * RATE;
    const hasRoom = sending.size < MAX_REQUESTS && !backlog.exceeds(MAX_UNANSWERED);
    if (!hasRoom || sent >= due) {
      await pause(TICK_MS, undefined, { signal });
      continue;
    }
    sent += (MOST_ENTRIES + 1) / 2;
    const one: Promise<unknown> = load.send().catch((error: unknown) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    sending.add(one);
    void one.finally(() => sending.delete(one));
  }
  await Promise.all(sending);
  if (failure !== undefined) throw failure;
}

/** Waits for an answer to every accepted order. Those that never come are the audit's to tell. */
async function drained(load: OrderLoad, watch: StatusWatch, limitMs: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + limitMs;
  const isAnswered = (requestId: string) => watch.answered.has(requestId);
  while (![...load.accepted.keys()].every(isAnswered) && performance.now() < deadline) {
    await pause(POLL_MS, undefined, { signal });
  }
}

async function strikeUntil(endsAt: number, faults: Faults, random: () => number, context: RunContext<unknown>) {
  for (;;) {
    const ms = FAULT_EVERY_MS * (0.6 + 0.8 * random());
    if (performance.now() + ms > endsAt) return;
    await pause(ms, undefined, { signal: context.signal });
    const kind = faults.draw();
    context.say(kind);
    await faults.strike(kind);
  }
}

async function registerSymbols({ endpoints }: RunningExchange): Promise<void> {
  for (const symbol of SYMBOLS) {
    const answer = await fetch(`${endpoints.http}/admin/symbols`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${endpoints.tokens.admin}` },
      body: JSON.stringify({ symbol }),
    });
    // Those of the set-up are there already.
    if (!answer.ok && answer.status !== 409) {
      throw new Error(`POST /admin/symbols ${symbol}: ${answer.status} ${await answer.text()}`);
    }
  }
}

/** Tokens as the exchange renews them. */
function currentTokens({ dataDir }: RunningExchange): () => readonly string[] {
  const everyMs = 60_000;
  let readAt = -Infinity;
  let tokens: string[] = [];
  return () => {
    if (performance.now() - readAt > everyMs) {
      const { alice, bob } = readEndpoints(dataDir).tokens;
      tokens = [alice, bob];
      readAt = performance.now();
    }
    return tokens;
  };
}
