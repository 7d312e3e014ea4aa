import type { EnginePorts } from '../../src/ports.js';

/** Ports of an engine that can die: afterwards nothing it does reaches the world, and nothing answers it. */
export interface MortalPorts {
  ports: EnginePorts;
  /** Dies at the n-th call from now: before it is made, or after it was made and before its answer. */
  dieAtCall(n: number, when: 'before' | 'after'): void;
  die(): void;
  readonly dead: boolean;
  /** Resolves once it is dead. */
  readonly death: Promise<void>;
}

/** @param delayMs how long each call takes longer than the real one: destinations answer in changing orders */
export function mortal(real: EnginePorts, delayMs: () => number = () => 0): MortalPorts {
  let dead = false;
  let left = Infinity;
  let moment: 'before' | 'after' = 'before';
  let tell: () => void = () => undefined;
  const death = new Promise<void>((resolve) => (tell = resolve));
  const pending = new Set<() => void>();
  const die = () => {
    dead = true;
    for (const cancel of pending) cancel();
    tell();
  };
  const never = new Promise<never>(() => undefined);

  const guarded = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          if (name === 'onReady') {
            const [listener] = args as [() => void];
            return member.call(target, () => (dead ? undefined : listener())) as unknown;
          }
          if (dead) return never;
          left--;
          if (left === 0 && moment === 'before') {
            die();
            return never;
          }
          const last = left === 0;
          const answered = async (): Promise<void> => {
            if (last) die();
            const ms = delayMs();
            if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
          };
          return (member.apply(target, args) as Promise<unknown>).then(
            async (value) => {
              await answered();
              return dead ? never : value;
            },
            async (error: unknown) => {
              await answered();
              if (dead) return never;
              throw error;
            },
          );
        };
      },
    });

  return {
    ports: {
      ...real,
      kinesis: guarded(real.kinesis),
      dynamo: guarded(real.dynamo),
      objects: guarded(real.objects),
      depthCache: guarded(real.depthCache),
      backupCache: guarded(real.backupCache),
      timers: {
        after: (ms, task) => {
          if (dead) return () => undefined;
          const cancel = real.timers.after(ms, () => {
            pending.delete(cancel);
            task();
          });
          pending.add(cancel);
          return cancel;
        },
        breathe: () => real.timers.breathe().then(() => (dead ? never : undefined)),
      },
    },
    dieAtCall(n, when) {
      left = n;
      moment = when;
    },
    die,
    get dead() {
      return dead;
    },
    death,
  };
}
