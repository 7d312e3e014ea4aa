export { awsEnvironment, NotRunningError, readEndpoints, type Endpoints } from './exchange/endpoints.js';
export {
  ExchangeStartError,
  startExchange,
  type RunningExchange,
  type StartExchangeOptions,
} from './exchange/start.js';
