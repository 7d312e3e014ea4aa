import { PortError } from '@supernoba/engine/ports';
import type { Random } from '../random.js';
import type { Scheduler } from '../scheduler.js';
import type { VirtualProcess } from './process.js';

export type Service = 'kinesis' | 'dynamo' | 's3' | 'depth' | 'backup';

/** How a service treats calls while something is wrong with it, each a probability. */
export interface Trouble {
  /** Refused, without effect. */
  throttled: number;
  /** Never arrives; the caller learns of it after its timeout. */
  lostRequest: number;
  /** Takes effect, and the answer is lost. */
  lostReply: number;
  /** Takes effect long after the caller has given up. */
  late: number;
  /** Part of a batch is not taken. */
  partial: number;
}

const CALM: Trouble = { throttled: 0, lostRequest: 0, lostReply: 0, late: 0, partial: 0 };
const TIMEOUT_MS: Record<Service, number> = { kinesis: 5_000, dynamo: 5_000, s3: 5_000, depth: 1_000, backup: 1_000 };
/** Commands of one connection arrive in the order in which they were sent. */
const IN_ORDER: ReadonlySet<Service> = new Set(['depth', 'backup']);

/** What lies between the processes and the services: time, and everything that can go wrong on the way. */
export class Network {
  readonly #troubles = new Map<Service, Trouble>();
  readonly #down = new Set<Service>();
  readonly #lastArrival = new Map<string, number>();

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: Random,
    private readonly trace: (line: string) => void,
  ) {}

  trouble(service: Service): Trouble {
    return this.#troubles.get(service) ?? CALM;
  }

  isCalm(service: Service): boolean {
    return !this.#troubles.has(service);
  }

  /** Makes a service misbehave for a while. */
  disturb(service: Service, trouble: Partial<Trouble>, ms: number): void {
    const during = { ...this.trouble(service), ...trouble };
    this.#troubles.set(service, during);
    this.scheduler.after(ms, () => {
      if (this.#troubles.get(service) === during) this.#troubles.delete(service);
    });
  }

  /** Ends every trouble. */
  calm(): void {
    this.#troubles.clear();
  }

  /** Whether a batch call leaves the next item out. */
  leavesOut(service: Service): boolean {
    return this.random.chance(this.trouble(service).partial);
  }

  setDown(service: Service, down: boolean): void {
    if (down) this.#down.add(service);
    else this.#down.delete(service);
  }

  /** One call: `effect` runs when the request arrives. Rejects with a PortError alone. */
  call<T>(caller: VirtualProcess, service: Service, label: string, effect: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const departure = caller.calling();
      if (departure === 'lost') return;
      const trouble = this.trouble(service);
      const roll = this.random.next();
      const lostRequest = roll < trouble.lostRequest;
      const lostReply = departure === 'fatal' || (!lostRequest && this.random.chance(trouble.lostReply));
      const late = this.random.chance(trouble.late);
      const there = this.#arrivalIn(caller, service, late);
      const timeoutMs = TIMEOUT_MS[service];
      const fail = (error: Error) => {
        this.trace(`${caller.name} ${label}: ${error.message}`);
        caller.deliver(() => reject(error));
      };
      const timedOut = () => fail(new PortError('UNAVAILABLE', 'no answer in time'));
      if (lostRequest) {
        this.scheduler.after(timeoutMs, timedOut);
        return;
      }
      const back = this.#latency();
      if (lostReply || there + back > timeoutMs) this.scheduler.after(timeoutMs, timedOut);
      this.scheduler.after(there, () => {
        if (caller.dead && !caller.requestsOutlive) return;
        let answer: () => void;
        try {
          if (this.#down.has(service)) throw new PortError('UNAVAILABLE', `${service} is down`);
          if (this.random.chance(trouble.throttled)) throw new PortError('THROTTLED', `${service} is throttled`);
          const value = effect();
          this.trace(`${caller.name} ${label}`);
          answer = () => caller.deliver(() => resolve(value));
        } catch (error) {
          answer = () => fail(error instanceof Error ? error : new Error(String(error)));
        }
        if (departure === 'fatal') caller.kill();
        else if (!lostReply && there + back <= timeoutMs) this.scheduler.after(back, answer);
      });
    });
  }

  #arrivalIn(caller: VirtualProcess, service: Service, late: boolean): number {
    const ms = this.#latency() + (late ? this.random.integer(1_000, 8_000) : 0);
    if (!IN_ORDER.has(service)) return ms;
    const connection = `${caller.name} ${service}`;
    const arrival = Math.max(this.scheduler.now + ms, this.#lastArrival.get(connection) ?? 0);
    this.#lastArrival.set(connection, arrival);
    return arrival - this.scheduler.now;
  }

  #latency(): number {
    return 1 + this.random.next() * (this.random.chance(0.05) ? 200 : 8);
  }
}
