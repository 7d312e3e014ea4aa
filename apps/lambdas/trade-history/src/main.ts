import { logError, openDynamo, readEnv, text } from '@supernoba/edge';
import { createTradeWriter } from '@supernoba/history';
import { TABLES } from '@supernoba/protocol';
import { createHandler } from './handler.js';

const settings = readEnv(
  { AWS_REGION: text('ap-northeast-2'), DYNAMODB_TABLE: text(TABLES.tradeHistory.name) },
  process.env,
);
const table = { dynamo: openDynamo(settings.AWS_REGION), name: settings.DYNAMODB_TABLE };

export const handler = createHandler({ writer: createTradeWriter(table), log: logError });
