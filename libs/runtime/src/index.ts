export {
  createDynamoClient,
  createKinesisClient,
  createKinesisPushClient,
  createS3Client,
  type AwsClientOptions,
} from './aws-clients.js';
export { createLogger, LOG_LEVELS, type Logger, type LogLevel } from './logger.js';
export { envBoolean, envInteger, envPort, envText, readSettings, SettingsError } from './settings.js';
export { RequestSigner, sha256Hex, type AwsCredentials } from './sigv4.js';
export { onShutdown, type ShutdownOptions } from './shutdown.js';
export { createValkey, runScript, type Valkey, type ValkeyConnection } from './valkey.js';
