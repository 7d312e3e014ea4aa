import { createLogger, type Logger } from '@supernoba/runtime';

const CLOSE_TIMEOUT_MS = 500;

/**
 * Runs a server as this process: a failed start ends it with code 1 and a line in the log, SIGTERM closes the server. Ctrl-C
 * is left to the supervisor, since the apps still need the stores while they end.
 */
export async function serve(name: string, start: (log: Logger) => Promise<{ close(): Promise<void> }>): Promise<void> {
  const log = createLogger({ name });
  try {
    const server = await start(log);
    process.once('SIGTERM', () => {
      setTimeout(() => process.exit(1), CLOSE_TIMEOUT_MS).unref();
      server.close().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'close failed');
          process.exit(1);
        },
      );
    });
    log.info('listening');
  } catch (error) {
    log.error({ err: error }, `${name} cannot start`);
    process.exit(1);
  }
}
