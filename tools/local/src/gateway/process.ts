import { z } from 'zod';
import { createKinesisClient, createLogger, LOG_LEVELS } from '@supernoba/runtime';
import { startLambda, type LambdaFunction } from '../lambda-host/index.js';
import { GatewayError } from './errors.js';
import { startGateway } from './gateway.js';
import { gatewaySettings, named } from './settings.js';

const positive = z.number().int().positive();

/** A gateway and its Lambdas as plain data: what a supervisor hands to the gateway's process. */
const gatewayConfig = gatewaySettings.extend({
  /** The built `lambda-host/runner.mjs`. */
  runner: z.string().min(1),
  lambdas: named(
    z.strictObject({
      name: z.string().min(1).max(128),
      /** The bundle: an ES module that exports `handler`. */
      file: z.string().min(1),
      env: z.record(z.string(), z.string()).default({}),
      timeoutMs: positive.optional(),
      concurrency: positive.optional(),
      maxQueued: positive.optional(),
      maxWaitMs: positive.optional(),
      memoryMb: positive.optional(),
      initTimeoutMs: positive.optional(),
    }),
  ),
  logLevel: z.enum(LOG_LEVELS).default('INFO'),
});
export type GatewayConfig = z.input<typeof gatewayConfig>;

export interface RunningGateway {
  port: number;
  managementPort: number;
  /** Ends the gateway, then its Lambdas, within 1.5 seconds together. */
  close(): Promise<void>;
}

export interface GatewayEvents {
  /** Told the Lambdas' processes by the Lambdas' names, whenever one came or went. */
  onPids?: (pids: Record<string, number>) => void;
}

/**
 * Starts the Lambdas, side by side, then the gateway in front of them. The Lambdas' lines go to stdout. The Kinesis
 * endpoint of event sources comes from the environment (`AWS_ENDPOINT_URL_KINESIS`).
 *
 * @throws GatewayError for a bad configuration or a busy port, LambdaError for a Lambda that does not start; nothing stays behind
 */
export async function runGateway(config: unknown, { onPids }: GatewayEvents = {}): Promise<RunningGateway> {
  const parsed = gatewayConfig.safeParse(config);
  if (!parsed.success) throw new GatewayError('BAD_SETTINGS', z.prettifyError(parsed.error));
  const { runner, lambdas: wanted, logLevel, ...settings } = parsed.data;
  const onLog = (line: string) => process.stdout.write(`${line}\n`);
  const pids: Record<string, number> = {};
  const onPid = (name: string, pid: number | undefined) => {
    if (pid === undefined) delete pids[name];
    else pids[name] = pid;
    onPids?.({ ...pids });
  };
  const starting = wanted.map((lambda) => {
    return startLambda({ ...lambda, runner, onLog, onPid: (pid) => onPid(lambda.name, pid) });
  });
  const lambdas = await startAll(starting);
  const kinesis = settings.eventSources.length > 0 ? createKinesisClient({ region: settings.region }) : undefined;
  const closeLambdas = async () => {
    await Promise.all(lambdas.map((lambda) => lambda.close()));
    kinesis?.destroy();
  };
  try {
    const gateway = await startGateway({
      ...settings,
      lambdas: Object.fromEntries(lambdas.map((lambda) => [lambda.name, lambda])),
      kinesis,
      log: createLogger({ name: 'gateway', level: logLevel }),
    });
    const close = async () => {
      await gateway.close();
      await closeLambdas();
    };
    return { port: gateway.port, managementPort: gateway.managementPort, close };
  } catch (error) {
    await closeLambdas();
    throw error;
  }
}

/** All, or the first failure once the others are closed again. */
async function startAll(starting: readonly Promise<LambdaFunction>[]): Promise<LambdaFunction[]> {
  const outcomes = await Promise.allSettled(starting);
  const started = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure === undefined) return started;
  await Promise.all(started.map((lambda) => lambda.close()));
  throw failure.reason;
}
