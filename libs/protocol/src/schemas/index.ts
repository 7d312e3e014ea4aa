export { parse, parseOrder, type InputError, type Parsed } from './parse.js';
export { cancelAll, clientOrders, newOrder, orderBatch, orderCancel, orderChange } from './orders.js';
export {
  authRequest,
  orderRequest,
  pingRequest,
  subscribeRequest,
  symbolChange,
  symbolConfig,
  symbolCreation,
  unsubscribeRequest,
} from './requests.js';
export * from './frames.js';
