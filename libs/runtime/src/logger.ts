import { pino, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** JSON lines on stdout: `level`, `time` (epoch ms), `name`, `msg` and what the call adds. */
export function createLogger({ name, level = 'INFO' }: { name: string; level?: LogLevel }): Logger {
  return pino({
    name,
    level: level.toLowerCase(),
    base: { name },
    formatters: { level: (label) => ({ level: label.toUpperCase() }) },
  });
}
