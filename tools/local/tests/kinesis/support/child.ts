import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A server in a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  /** What it wrote on stderr so far. */
  stderr(): string;
  /** Ends it by SIGKILL and waits until it is gone. */
  kill(): Promise<void>;
  exit: Promise<number | null>;
}

export function startChild(args: readonly string[], env: NodeJS.ProcessEnv = {}, ipc = false): Child {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ipc ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['pipe', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr = `${stderr}${chunk.toString()}`.slice(-20_000)));
  const exit = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return {
    process: child,
    exit,
    stderr: () => stderr,
    kill: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** The first line on stdout that `wanted` takes for an answer. */
export function lineOf<T>(child: Child, wanted: (line: string) => T | undefined, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const stdout = child.process.stdout;
    if (stdout === null) return reject(new Error('the child has no stdout'));
    const lines = createInterface({ input: stdout });
    const timer = setTimeout(() => fail(`said nothing within ${timeoutMs} ms`), timeoutMs);
    const fail = (why: string): void => {
      clearTimeout(timer);
      lines.close();
      reject(new Error(`the child ${why}: ${child.stderr()}`));
    };
    void child.exit.then((code) => fail(`ended with ${code}`));
    lines.on('line', (line) => {
      const value = wanted(line);
      if (value === undefined) return;
      clearTimeout(timer);
      lines.close();
      stdout.resume();
      resolve(value);
    });
  });
}
