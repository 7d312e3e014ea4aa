import { createConnectionRegistry, logError, openValkey, readEnv, valkeySettings } from '@supernoba/edge';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from './handler.js';

const settings = readEnv(valkeySettings, process.env);
const keys = createKeys({ hashTags: settings.VALKEY_HASH_TAGS });

export const handler = createHandler({
  connections: createConnectionRegistry(openValkey(settings, 'disconnect'), keys),
  log: logError,
});
