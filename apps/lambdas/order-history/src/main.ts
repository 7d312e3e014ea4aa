import { logError, openDynamo, readEnv, text } from '@supernoba/edge';
import { createOrderWriter } from '@supernoba/history';
import { TABLES } from '@supernoba/protocol';
import { createHandler } from './handler.js';

const settings = readEnv(
  { AWS_REGION: text('ap-northeast-2'), ORDER_HISTORY_TABLE: text(TABLES.orderHistory.name) },
  process.env,
);
const table = { dynamo: openDynamo(settings.AWS_REGION), name: settings.ORDER_HISTORY_TABLE };

export const handler = createHandler({ writer: createOrderWriter(table), log: logError });
