import {
  createConnectionRegistry,
  flag,
  identitySettings,
  logError,
  openIdentity,
  openValkey,
  readEnv,
  valkeySettings,
} from '@supernoba/edge';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from './handler.js';

const settings = readEnv({ ...identitySettings, ...valkeySettings, ALLOW_TEST_MODE: flag(false) }, process.env);
const keys = createKeys({ hashTags: settings.VALKEY_HASH_TAGS });

export const handler = createHandler({
  verify: openIdentity(settings),
  connections: createConnectionRegistry(openValkey(settings, 'connect'), keys),
  allowTestMode: settings.ALLOW_TEST_MODE && settings.STAGE !== 'prod',
  now: Date.now,
  log: logError,
});
