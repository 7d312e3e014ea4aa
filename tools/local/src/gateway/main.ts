/**
 * The gateway's process. Its configuration (`GatewayConfig`) is the JSON file named by the first argument, or the first
 * IPC message. It reports `{ready: true, port, managementPort}` or `{ready: false, error}`, over IPC where there is a
 * channel, else as a line on stdout; over IPC also the Lambdas' processes, as `{kind: 'pids', pids}`. It ends on SIGTERM,
 * on SIGINT and when its parent is gone.
 */
import { readFile } from 'node:fs/promises';
import { runGateway } from './process.js';

/** Longer than `close` of gateway and Lambdas together. */
const EXIT_MS = 2_000;

async function readConfig(): Promise<unknown> {
  const file = process.argv[2];
  if (file !== undefined) return JSON.parse(await readFile(file, 'utf8')) as unknown;
  if (process.send === undefined) throw new Error('usage: gateway CONFIG.json (or fork it and send the configuration)');
  return new Promise((resolve) => process.once('message', resolve));
}

function report(message: object): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) process.stdout.write(`${JSON.stringify(message)}\n`, () => resolve());
    else process.send(message, undefined, undefined, () => resolve());
  });
}

async function main(): Promise<void> {
  let ending = false;
  const onPids = (pids: Record<string, number>) => process.send?.({ kind: 'pids', pids });
  const started = readConfig().then((config) => runGateway(config, { onPids }));
  const end = () => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), EXIT_MS).unref();
    started
      .then((gateway) => gateway.close())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('disconnect', end);
  const { port, managementPort } = await started;
  await report({ ready: true, port, managementPort });
}

main().catch(async (error: unknown) => {
  await report({ ready: false, error: error instanceof Error ? error.message : String(error) });
  process.exit(1);
});
