/** A piece of work done at a fixed pace, never twice at a time. */
export interface Loop {
  /** Ends the pace and waits for the run that is under way. */
  stop(): Promise<void>;
}

export interface LoopOptions {
  everyMs: number;
  /** Must not reject. */
  run: () => Promise<void> | void;
  /** Told when a turn came while the one before was still running: that turn is left out. */
  onSkip?: () => void;
}

export function startLoop({ everyMs, run, onSkip }: LoopOptions): Loop {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    if (running) {
      onSkip?.();
      return;
    }
    running = Promise.resolve(run()).finally(() => {
      running = undefined;
    });
  }, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
