import { identitySettings, list, logError, openDynamo, openIdentity, readEnv, text } from '@supernoba/edge';
import { createOrderReader, createTradeReader } from '@supernoba/history';
import { TABLES } from '@supernoba/protocol';
import { createHandler } from './handler.js';

const settings = readEnv(
  {
    ...identitySettings,
    AWS_REGION: text('ap-northeast-2'),
    ORDER_HISTORY_TABLE: text(TABLES.orderHistory.name),
    DYNAMODB_TABLE: text(TABLES.tradeHistory.name),
    CORS_ORIGINS: list(),
  },
  process.env,
);
const dynamo = openDynamo(settings.AWS_REGION);

export const handler = createHandler({
  verify: openIdentity(settings),
  orders: createOrderReader({ dynamo, name: settings.ORDER_HISTORY_TABLE }),
  trades: createTradeReader({ dynamo, name: settings.DYNAMODB_TABLE }),
  corsOrigins: settings.CORS_ORIGINS,
  log: logError,
});
