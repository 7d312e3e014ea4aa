import { spawn, type ChildProcess } from 'node:child_process';

interface ChildOptions {
  script: string;
  args: readonly string[];
  /** Module that ends the process when its parent is gone. */
  watchParent: string;
  env: NodeJS.ProcessEnv;
  /** Where its output goes. */
  log: number;
}

/** Starts a Node script in this process's group, with a channel by which it notices the end of this process. */
export function startChild({ script, args, watchParent, env, log }: ChildOptions): ChildProcess {
  const node = ['--enable-source-maps', '--import', watchParent, script, ...args];
  return spawn(process.execPath, node, { env, stdio: ['ignore', log, log, 'ipc'] });
}
