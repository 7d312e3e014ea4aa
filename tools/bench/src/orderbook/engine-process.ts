import { CommandFailure } from '@supernoba/command';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PROGRESS, type EngineResult, type EngineTask } from './engine-task.js';

/** How much of what a failed process said is shown, lines. */
const LAST_LINES = 12;

export interface ProcessContext {
  say: (message: string) => void;
  /** Ends a running process. */
  signal: AbortSignal;
}

/** Node processes of single order books, all with the same flags. */
export class EngineProcesses {
  /** How often the outcome of a run was held to its file's header. */
  outcomesCompared = 0;
  readonly #context: ProcessContext;

  constructor(context: ProcessContext) {
    this.#context = context;
  }

  say(message: string): void {
    this.#context.say(message);
  }

  /**
   * Measures an order book in a process of its own.
   *
   * @param bundle the engine program
   * @throws CommandFailure when the process failed: among others, when an outcome was not the header's
   */
  async run(bundle: string, task: EngineTask): Promise<EngineResult> {
    const child = spawn(process.execPath, ['--expose-gc', '--enable-source-maps', bundle, JSON.stringify(task)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: this.#context.signal,
    });
    const output: string[] = [];
    const said: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => output.push(line));
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.startsWith(PROGRESS)) this.say(line.slice(PROGRESS.length));
      said.push(line);
      if (said.length > LAST_LINES) said.shift();
    });
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    const last = output.at(-1);
    if (code !== 0 || last === undefined) {
      const end = `ended with ${code ?? signal ?? 'nothing'}`;
      throw new CommandFailure(`the ${task.engine} book on ${task.file} ${end}:\n${said.join('\n')}`);
    }
    const result = JSON.parse(last) as EngineResult;
    this.outcomesCompared += result.outcomesCompared;
    return result;
  }
}
