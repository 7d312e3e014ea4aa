import { startS3Server } from '../s3/index.js';
import { serve } from './serve.js';
import { serverSettings } from './settings.js';

void serve('s3', (log) =>
  startS3Server({ ...serverSettings(process.env), onError: (error) => log.error({ err: error }, 'request failed') }),
);
