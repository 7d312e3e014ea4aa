import { randomUUID } from 'node:crypto';
import { findLambda, type Invoker } from './invoker.js';
import type { GatewayLog } from './log.js';
import { settleWithin } from './pause.js';
import type { ScheduleSettings } from './settings.js';

export interface SchedulePorts {
  lambdas: Readonly<Record<string, Invoker>>;
  region: string;
  log: GatewayLog;
}

/** The event that an EventBridge rule with a rate sends. */
export function scheduledEvent({ name, detail }: ScheduleSettings, region: string, now: number) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '000000000000',
    time: `${new Date(now).toISOString().slice(0, 19)}Z`,
    region,
    resources: [`arn:aws:events:${region}:000000000000:rule/${name}`],
    detail,
  };
}

/** Invokes Lambdas by the clock. A run that is due while the last one goes on is left out and logged. */
export class Schedules {
  readonly #schedules: ReadonlyMap<string, { schedule: ScheduleSettings; lambda: Invoker }>;
  readonly #ports: SchedulePorts;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #running = new Map<string, Promise<unknown>>();

  /** @throws GatewayError `BAD_SETTINGS` when a schedule names an unknown Lambda */
  constructor(settings: readonly ScheduleSettings[], ports: SchedulePorts) {
    this.#schedules = new Map(
      settings.map((schedule) => {
        const lambda = findLambda(ports.lambdas, schedule.lambda, `schedule ${schedule.name}`);
        return [schedule.name, { schedule, lambda }];
      }),
    );
    this.#ports = ports;
  }

  /** Starts the clock; `run` works without it. */
  start(): void {
    for (const { schedule } of this.#schedules.values()) {
      this.#timers.push(setInterval(() => void this.#tick(schedule.name), schedule.everyMs));
    }
  }

  has(name: string): boolean {
    return this.#schedules.has(name);
  }

  /** Runs a schedule now and resolves to the Lambda's result; joins the run that goes on, if one does. */
  run(name: string): Promise<unknown> {
    const found = this.#schedules.get(name);
    if (found === undefined) return Promise.reject(new RangeError(`there is no schedule "${name}"`));
    const { schedule, lambda } = found;
    const running =
      this.#running.get(name) ??
      lambda.invoke(scheduledEvent(schedule, this.#ports.region, Date.now())).finally(() => this.#running.delete(name));
    this.#running.set(name, running);
    return running;
  }

  /** Ends the clock and gives the runs that go on `withinMs`. */
  async close(withinMs: number): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await settleWithin(withinMs, Promise.allSettled(this.#running.values()));
  }

  async #tick(name: string): Promise<void> {
    if (this.#running.has(name)) {
      this.#ports.log.warn({ schedule: name }, 'a run was left out: the last one goes on');
      return;
    }
    try {
      await this.run(name);
    } catch (error) {
      this.#ports.log.error({ err: error, schedule: name }, 'a scheduled run failed');
    }
  }
}
