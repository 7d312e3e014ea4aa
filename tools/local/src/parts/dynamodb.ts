import { startDynamoDbServer } from '../dynamodb/index.js';
import { serve } from './serve.js';
import { serverSettings } from './settings.js';

void serve('dynamodb', () => startDynamoDbServer(serverSettings(process.env)));
