import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { createLogger, createValkey, onShutdown, SettingsError, type Logger, type Valkey } from '@supernoba/runtime';
import { assertLoopback, createKeys, NotLocalError } from '@supernoba/valkey-keys';
import { startAdminServer } from './admin-server.js';
import { forgetAnonymous } from './forget-anonymous.js';
import { MAX_IN_FLIGHT, POST_TIMEOUT_MS, SHUTDOWN_TIMEOUT_MS } from './limits.js';
import { CredentialCache } from './push/credentials.js';
import { createApiGateway } from './push/gateway.js';
import { streamerSettings, type StreamerSettings } from './settings.js';
import { Streamer } from './streamer.js';

function connectCache(settings: StreamerSettings, log: Logger): Valkey {
  const { VALKEY_HOST: host, VALKEY_PORT: port, VALKEY_TLS: tls, VALKEY_PASSWORD: password } = settings;
  const valkey = createValkey({ host, port, tls, name: 'streamer', ...(password === undefined ? {} : { password }) });
  // The loop that reads says when the cache stops and begins to answer; the single tries are detail.
  valkey.on('error', (error: Error) => log.debug({ err: error }, `depth cache ${host}:${port}`));
  return valkey;
}

/** `--init`: forgets anonymous connections and ends. Nothing is connected to unless it is on this machine. */
async function init(settings: StreamerSettings, log: Logger): Promise<void> {
  assertLoopback(settings.VALKEY_HOST);
  const valkey = connectCache(settings, log);
  try {
    await valkey.connect();
    const keys = createKeys({ hashTags: settings.VALKEY_HASH_TAGS });
    log.info(
      { forgotten: await forgetAnonymous(valkey, keys, settings.VALKEY_HOST) },
      'anonymous connections forgotten',
    );
  } finally {
    valkey.disconnect();
  }
}

async function serve(settings: StreamerSettings, log: Logger): Promise<void> {
  const valkey = connectCache(settings, log);
  // A cache that is not there yet is tried again by the client; the loops report and go on.
  valkey.connect().catch((error: unknown) => log.debug({ err: error }, 'first connection to the depth cache failed'));
  const credentials = new CredentialCache(defaultProvider(), (error) => {
    if (error === undefined) log.info('AWS credentials: there again');
    else log.error({ err: error }, 'AWS credentials: none to be had');
  });
  await credentials.renew(Date.now());
  const gateway = createApiGateway({
    endpoint: settings.WEBSOCKET_ENDPOINT,
    region: settings.AWS_REGION,
    credentials,
    maxConnections: MAX_IN_FLIGHT,
    timeoutMs: POST_TIMEOUT_MS,
  });
  const streamer = new Streamer({ valkey, keys: createKeys({ hashTags: settings.VALKEY_HASH_TAGS }), gateway, log });
  const admin =
    settings.METRICS_PORT === undefined
      ? undefined
      : await startAdminServer({
          host: settings.METRICS_HOST,
          port: settings.METRICS_PORT,
          registry: streamer.metrics.registry,
          isHealthy: () => streamer.isHealthy,
        });
  streamer.start();
  log.info({ endpoint: settings.WEBSOCKET_ENDPOINT.href, metricsPort: admin?.port }, 'streaming');
  onShutdown(
    async (signal) => {
      log.info({ signal }, 'ending');
      await streamer.stop();
      await admin?.close();
      valkey.disconnect();
    },
    { timeoutMs: SHUTDOWN_TIMEOUT_MS, onError: (error) => log.error({ err: error }, 'ended badly') },
  );
}

async function main(): Promise<void> {
  const settings = streamerSettings(process.env);
  const log = createLogger({ name: 'streamer', level: settings.DEBUG_MODE ? 'DEBUG' : 'INFO' });
  await (process.argv.includes('--init') ? init(settings, log) : serve(settings, log));
}

main().catch((error: unknown) => {
  const isOperators = error instanceof SettingsError || error instanceof NotLocalError;
  console.error(isOperators ? error.message : error);
  process.exitCode = 1;
});
