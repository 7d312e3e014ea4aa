export interface ShutdownOptions {
  /** How long `run` may take before the process ends anyway, with code 1. */
  timeoutMs: number;
  /** Told of a failure or a timeout before the process ends. */
  onError: (error: unknown) => void;
}

/**
 * Runs `run` once at the first SIGTERM or SIGINT, then ends the process: code 0 when it succeeded, 1 when it failed or
 * took too long. Further signals are ignored while it runs.
 */
export function onShutdown(
  run: (signal: NodeJS.Signals) => Promise<void>,
  { timeoutMs, onError }: ShutdownOptions,
): void {
  let started = false;
  const stop = (signal: NodeJS.Signals) => {
    if (started) return;
    started = true;
    const timer = setTimeout(() => {
      onError(new Error(`shutdown took longer than ${timeoutMs} ms`));
      process.exit(1);
    }, timeoutMs);
    timer.unref();
    run(signal).then(
      () => process.exit(0),
      (error: unknown) => {
        onError(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
