import { createEngine, type Engine } from '@supernoba/engine/engine';
import type { Random } from './random.js';
import { enginePorts } from './world/engine-ports.js';
import { VirtualProcess } from './world/process.js';
import type { VirtualWorld } from './world/virtual-world.js';

export type EngineSettings = Parameters<typeof createEngine>[1];

/** Ends that follow from what the run does to an engine; any other is a finding. */
const EXPECTED_ENDS = new Set(['LEASE_LOST', 'FENCED', 'STOPPED', 'START_TIMEOUT', 'LEASE_EXPIRED']);

export interface RunningEngine {
  process: VirtualProcess;
  engine: Engine;
  stopping: boolean;
}

/** The engines of a run, and the supervisor that starts another whenever one has ended. */
export class Fleet {
  readonly members = new Set<RunningEngine>();
  readonly problems: string[] = [];
  started = 0;
  #closing = false;

  constructor(
    private readonly world: VirtualWorld,
    private readonly random: Random,
    private readonly settings: EngineSettings,
    private readonly size: number,
  ) {}

  open(): void {
    for (let count = 0; count < this.size; count++) this.#start();
  }

  /** Engines that run and are not being stopped. */
  living(): RunningEngine[] {
    return [...this.members].filter(({ process, stopping }) => !process.dead && !stopping);
  }

  /** Replaces an engine as a deployment does: SIGTERM, and another one started beside it. */
  replace(member: RunningEngine): void {
    member.stopping = true;
    this.#start();
    member.engine.stop().then(
      () => this.#ended(member, undefined),
      (error: unknown) => this.#ended(member, error),
    );
  }

  /** Ends the supervisor: nothing is started any more. */
  close(): void {
    this.#closing = true;
  }

  #start(): void {
    const { scheduler, trace } = this.world.options;
    const number = ++this.started;
    const process = new VirtualProcess(`engine${number}`, scheduler);
    const ports = enginePorts(this.world, process, this.random.fork(`engine ${number}`));
    const engine = createEngine(ports, this.settings);
    const member: RunningEngine = { process, engine, stopping: false };
    this.members.add(member);
    process.onDeath(() => this.#ended(member, undefined));
    trace(`${process.name} starts`);
    engine.start().then(
      () => trace(`${process.name} runs`),
      (error: unknown) => this.#ended(member, error),
    );
    engine.ended.catch((error: unknown) => this.#ended(member, error));
  }

  #ended(member: RunningEngine, error: unknown): void {
    if (!this.members.delete(member)) return;
    const { scheduler, trace } = this.world.options;
    const story = error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error);
    trace(`${member.process.name} has ended${error === undefined ? '' : `: ${story}`}`);
    member.process.kill();
    if (error !== undefined && !this.#isExpected(member.process.name, (error as { code?: string }).code ?? '')) {
      this.problems.push(`${member.process.name} ended: ${story}`);
    }
    scheduler.after(this.random.integer(200, 4_000), () => {
      if (!this.#closing && this.living().length < this.size) this.#start();
    });
  }

  /** An engine that was paused until its shards were another's may find that the stream has moved on. */
  #isExpected(process: string, code: string): boolean {
    const { watch, dynamo, leasesTable } = this.world;
    if (code === 'JOURNAL_GAP') return !watch.isOwner(process, dynamo.rows(leasesTable));
    return EXPECTED_ENDS.has(code);
  }
}
