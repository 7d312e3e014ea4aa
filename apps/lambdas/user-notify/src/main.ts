import { createConnectionRegistry, logError, openValkey, readEnv, text, url, valkeySettings } from '@supernoba/edge';
import { createKeys } from '@supernoba/valkey-keys';
import { createHandler } from './handler.js';
import { openPost } from './post.js';

const settings = readEnv(
  { ...valkeySettings, AWS_REGION: text('ap-northeast-2'), WEBSOCKET_ENDPOINT: url() },
  process.env,
);
const keys = createKeys({ hashTags: settings.VALKEY_HASH_TAGS });
const valkey = openValkey(settings, 'user-notify');

export const handler = createHandler({
  valkey,
  keys,
  connections: createConnectionRegistry(valkey, keys),
  post: openPost(settings.WEBSOCKET_ENDPOINT, settings.AWS_REGION),
  log: logError,
});
