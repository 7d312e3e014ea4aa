import { startChild } from './child.js';
import type { LogFiles } from './log-files.js';
import { PartRunner, type PartHost } from './part-runner.js';
import { STAGES, type PartSpec, type Stage } from './part.js';

/** How long the parts of a stage get to end by themselves. Together well under three seconds. */
const GRACE_MS: Readonly<Record<Stage, number>> = { client: 500, app: 1_400, store: 600 };

interface SupervisorOptions {
  parts: readonly PartSpec[];
  /** Module that ends a part when this process is gone. */
  watchParent: string;
  logs: LogFiles;
  /** What every part has in its environment, under what it names itself. */
  env: NodeJS.ProcessEnv;
  /** Told of parts that die and come back. */
  say: (message: string) => void;
  /** Told whenever a process came or went: every process of the exchange by name. */
  onPids?: (pids: Readonly<Record<string, number>>) => void;
  /** Told when a part is ready, with the milliseconds since the start. */
  onReady?: (part: string, afterMs: number) => void;
}

/** The parts of an exchange as child processes, started as soon as what they need is ready. */
export class Supervisor {
  private readonly runners = new Map<string, PartRunner>();
  private readonly pids = new Map<string, Record<string, number>>();
  private stopped: Promise<void> | undefined;

  constructor(private readonly options: SupervisorOptions) {
    const host: PartHost = {
      spawn: async (spec) => {
        const { args = [], env = {} } = await spec.launch();
        return startChild({
          script: spec.script,
          args,
          watchParent: options.watchParent,
          env: { ...options.env, ...env },
          log: options.logs.descriptorOf(spec.name),
        });
      },
      onPids: (part, pids) => {
        this.pids.set(part, pids);
        options.onPids?.(Object.assign({ supervisor: process.pid }, ...this.pids.values()) as Record<string, number>);
      },
      say: options.say,
    };
    for (const spec of options.parts) this.runners.set(spec.name, new PartRunner(spec, host));
  }

  /**
   * Starts everything; resolves when all is ready.
   *
   * @throws PartError of the first part that does not start; `stop` must be called then too
   */
  async start(): Promise<void> {
    const begun = performance.now();
    const ready = new Map<string, Promise<void>>();
    const startPart = (spec: PartSpec): Promise<void> => {
      const known = ready.get(spec.name);
      if (known) return known;
      const started = this.startAfterNeeds(spec, startPart).then(() =>
        this.options.onReady?.(spec.name, performance.now() - begun),
      );
      ready.set(spec.name, started);
      return started;
    };
    await Promise.all(this.options.parts.map(startPart));
  }

  /** Ends everything, stage by stage; resolves when no process is left. */
  stop(): Promise<void> {
    this.stopped ??= this.stopStages();
    return this.stopped;
  }

  private async startAfterNeeds(spec: PartSpec, startPart: (spec: PartSpec) => Promise<void>): Promise<void> {
    await Promise.all(
      spec.needs.map((name) => {
        const needed = this.options.parts.find((part) => part.name === name);
        if (needed === undefined) throw new Error(`${spec.name} needs ${name}, which is no part`);
        return startPart(needed);
      }),
    );
    if (this.stopped === undefined) await this.runners.get(spec.name)?.start();
  }

  private async stopStages(): Promise<void> {
    for (const stage of STAGES) {
      const parts = this.options.parts.filter((part) => part.stage === stage);
      const runners = parts.flatMap(({ name }) => this.runners.get(name) ?? []);
      await Promise.all(runners.map((runner) => runner.stop(GRACE_MS[stage])));
    }
  }
}
