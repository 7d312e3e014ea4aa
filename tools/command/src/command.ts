import { parseArgs, type ParseArgsConfig } from 'node:util';
import { cleanUpOnce } from './clean-up.js';

/** One measured or counted figure. */
export interface ResultRow {
  workload: string;
  subject: string;
  metric: string;
  value: number;
  unit: string;
}

/** Least values a run must reach, by metric: a check that compared nothing fails. */
export type Floors = Readonly<Record<string, number>>;

/** What went wrong, said for a person. Anything else that is thrown shows its stack. */
export class CommandFailure extends Error {
  readonly code = 'COMMAND_FAILED';
}

export interface RunContext<Options> {
  options: Options;
  positionals: string[];
  /** One line of progress on stderr. */
  say: (message: string) => void;
  /** Undoes something at the end, whatever happens. */
  onEnd: (step: () => Promise<void> | void) => void;
  /** Ends with SIGINT, SIGTERM or the time limit. */
  signal: AbortSignal;
}

type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

export interface Command<Options> {
  name: string;
  /** Shown by `--help` and with a wrong option. */
  usage: string;
  /** Options besides `--json` and `--help`. */
  options: OptionsConfig;
  floors: Floors;
  /** The whole run may take this long. */
  timeLimitMs: number;
  run(context: RunContext<Options>): Promise<ResultRow[]>;
}

/**
 * Runs a command that checks or measures: progress on stderr, a table on stdout or, with `--json`, one line
 * `{"ok","results"}` as the last of stdout, written after everything was stopped. Exits 1 on a failure, on a missed floor
 * and on an interruption, 2 on a wrong option.
 */
export async function runCommand<Options>(command: Command<Options>, argv = process.argv.slice(2)): Promise<never> {
  const { values, positionals } = parseOrExit(command, argv);
  const say = (message: string) => process.stderr.write(`${command.name}: ${message}\n`);
  const cleanUp = cleanUpOnce();
  const stop = new AbortController();
  const interrupted = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason as Error), { once: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stop.abort(new CommandFailure(`stopped by ${signal}`)));
  }
  if (process.channel) {
    // Started by a launcher: the command does not outlive it.
    process.once('disconnect', () => stop.abort(new CommandFailure('its launcher is gone')));
    process.channel.unref();
  }
  const limit = setTimeout(
    () => stop.abort(new CommandFailure(`not done after ${command.timeLimitMs / 1000} s`)),
    command.timeLimitMs,
  );

  let results: ResultRow[] = [];
  const failures: unknown[] = [];
  try {
    const context = {
      options: values as Options,
      positionals,
      say,
      onEnd: (step: () => Promise<void> | void) => cleanUp.add(step),
      signal: stop.signal,
    };
    results = await Promise.race([command.run(context), interrupted]);
    failures.push(...missedFloors(command.floors, results).map((message) => new CommandFailure(message)));
  } catch (error) {
    failures.push(error);
  }
  clearTimeout(limit);
  failures.push(...(await cleanUp.run()));

  for (const failure of failures) say(describe(failure));
  const ok = failures.length === 0;
  process.stdout.write(values['json'] === true ? `${JSON.stringify({ ok, results })}\n` : table(results));
  process.exit(ok ? 0 : 1);
}

function parseOrExit<Options>(command: Command<Options>, argv: string[]) {
  try {
    const parsed = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { ...command.options, json: { type: 'boolean' }, help: { type: 'boolean' } },
    });
    if (parsed.values['help'] === true) {
      process.stdout.write(`${command.usage}\n`);
      process.exit(0);
    }
    return parsed;
  } catch (error) {
    process.stderr.write(
      `${command.name}: ${error instanceof Error ? error.message : String(error)}\n${command.usage}\n`,
    );
    process.exit(2);
  }
}

/** Every floor that no row reaches; a metric without a row misses its floor. */
export function missedFloors(floors: Floors, results: readonly ResultRow[]): string[] {
  return Object.entries(floors).flatMap(([metric, least]) => {
    const rows = results.filter((row) => row.metric === metric);
    if (rows.length === 0) return [`nothing was counted as ${metric} (at least ${least} expected)`];
    return rows
      .filter((row) => !(row.value >= least))
      .map((row) => `${metric} of ${row.subject} (${row.workload}) is ${row.value}, at least ${least} expected`);
  });
}

function describe(failure: unknown): string {
  if (failure instanceof CommandFailure) return failure.message;
  return failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
}

function table(results: readonly ResultRow[]): string {
  const width = (pick: (row: ResultRow) => string) => Math.max(0, ...results.map((row) => pick(row).length));
  const metric = width((row) => row.metric);
  const subject = width((row) => row.subject);
  const workload = width((row) => row.workload);
  return results
    .map((row) => {
      const value = Number.isInteger(row.value) ? row.value.toLocaleString('en-US') : row.value.toFixed(2);
      return `${row.workload.padEnd(workload)}  ${row.subject.padEnd(subject)}  ${row.metric.padEnd(metric)}  ${value} ${row.unit}\n`;
    })
    .join('');
}
