import { startAuthServer } from '../auth/index.js';
import { serve } from './serve.js';
import { integerOf, serverSettings, textOf } from './settings.js';

void serve('auth', (log) =>
  startAuthServer({
    ...serverSettings(process.env),
    issuer: textOf(process.env, 'AUTH_ISSUER'),
    ttlS: integerOf(process.env, 'AUTH_TOKEN_TTL_S', 10, 86_400),
    onError: (error) => log.error({ err: error }, 'request failed'),
  }),
);
