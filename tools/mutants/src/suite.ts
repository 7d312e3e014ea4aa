import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A run takes seconds, minutes on a busy machine; a mutant that hangs the suite is not a caught one. */
const RUN_LIMIT_MS = 300_000;
/** Flows of a run, from one seed so that a run can be repeated. */
const FLOWS = { FLOW_SEED: '42', FLOW_RUNS: '12', FLOW_STEPS: '80', FLOW_COMMANDS: '1000', FLOW_SHRINK: 'no' };

/** What verdict-reporter.cjs writes. */
interface Report {
  passed: number;
  specs: { path: string; error?: string; failed: { test: string; message: string }[] }[];
}

/** The first test that failed, if one did, and how many passed until then. */
export interface Verdict {
  passed: number;
  failure?: { spec: string; test: string; message: string };
}

/** The suite of the order book, run in a process of its own. */
export class Suite {
  readonly #root: string;
  readonly #folder: string;
  readonly #signal: AbortSignal;

  /** @param folder for the files that a run needs; whoever made it removes it */
  constructor(root: string, folder: string, signal: AbortSignal) {
    this.#root = root;
    this.#folder = folder;
    this.#signal = signal;
  }

  /** Text of a file below `libs/orderbook/src`. */
  read(file: string): string {
    return readFileSync(this.#path(file), 'utf8');
  }

  #path(file: string): string {
    return join(this.#root, 'libs', 'orderbook', 'src', file);
  }

  /**
   * Runs the suite until a test fails, as if `texts` stood in the files.
   *
   * @param spec the one to begin with
   * @throws Error when the suite did not come to a verdict: it could not be loaded, or did not end in time
   */
  async run(texts: ReadonlyMap<string, string>, spec: string): Promise<Verdict> {
    const mutantTexts = join(this.#folder, 'texts.json');
    const report = join(this.#folder, 'report.json');
    const byPath = [...texts].map(([file, text]) => [this.#path(file), text]);
    writeFileSync(mutantTexts, JSON.stringify(Object.fromEntries(byPath)));
    writeFileSync(report, '');
    const env = { ...FLOWS, MUTANT_TEXTS: mutantTexts, MUTANT_SPEC: spec, MUTANT_REPORT: report };
    const said = await this.#jest(env);
    const text = readFileSync(report, 'utf8');
    if (text === '') throw new Error(`jest wrote no report:\n${said}`);
    return verdictOf(JSON.parse(text) as Report);
  }

  #jest(env: Record<string, string>): Promise<string> {
    const config = join(this.#root, 'tools', 'mutants', 'jest', 'jest.mutant.config.mjs');
    const args = ['--ci', '--runInBand', '--config', config];
    const limit = AbortSignal.timeout(RUN_LIMIT_MS);
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(this.#root, 'node_modules', 'jest', 'bin', 'jest.js'), ...args], {
        cwd: join(this.#root, 'libs', 'orderbook'),
        env: { ...process.env, ...env },
        stdio: ['ignore', 'ignore', 'pipe'],
        signal: AbortSignal.any([this.#signal, limit]),
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      child.on('error', (error) => {
        const isLate = limit.aborted && !this.#signal.aborted;
        reject(isLate ? new Error(`the suite did not end within ${RUN_LIMIT_MS / 1000} s`, { cause: error }) : error);
      });
      child.on('close', () => resolve(said));
    });
  }
}

/** What a text says that is no program any more, or calls what is not there: a stale mutant. */
const NO_PROGRAM = /\b(ReferenceError|SyntaxError)\b|TypeError: \S+ is not a function/;

/** @throws Error when a spec could not run: that a program is no program proves nothing about the tests */
function verdictOf({ passed, specs }: Report): Verdict {
  for (const { path, error, failed } of specs) {
    if (error !== undefined) throw new Error(`${basename(path)} could not run:\n${error}`);
    const [first] = failed;
    if (first === undefined) continue;
    if (NO_PROGRAM.test(first.message)) throw new Error(`no program: ${first.message}`);
    return { passed, failure: { spec: basename(path), ...first } };
  }
  return { passed };
}
