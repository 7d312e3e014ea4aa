import { envBoolean, envInteger, envPort, envText, readSettings } from '@supernoba/runtime';
import { z } from 'zod';

/** `https://host/stage` or `http://host:port`; a host without a scheme means https, as the console of AWS shows it. */
const envEndpoint = envText()
  .transform((text) => (/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`))
  .refine((text) => /^(https?):\/\//i.test(text) && URL.canParse(text), 'must be an http or https address')
  .transform((text) => new URL(text));

const schema = z.object({
  VALKEY_HOST: envText(),
  VALKEY_PORT: envPort(6379),
  VALKEY_TLS: envBoolean(false),
  VALKEY_PASSWORD: envText().optional(),
  VALKEY_HASH_TAGS: envBoolean(false),
  WEBSOCKET_ENDPOINT: envEndpoint,
  AWS_REGION: envText('ap-northeast-2'),
  DEBUG_MODE: envBoolean(false),
  METRICS_HOST: envText('127.0.0.1'),
  METRICS_PORT: envInteger(0, 65_535, 0).unwrap().optional(),
});

export type StreamerSettings = Readonly<z.infer<typeof schema>>;

/**
 * Reads the environment of the streamer.
 *
 * @throws SettingsError naming every variable that is missing or wrong
 */
export function streamerSettings(env: NodeJS.ProcessEnv): StreamerSettings {
  return readSettings(schema, env);
}
