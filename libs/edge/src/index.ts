export { bounded, lambdaClientOptions, lazy } from './aws.js';
export {
  ANONYMOUS,
  createConnectionRegistry,
  parseConnection,
  type Connection,
  type ConnectionRegistry,
  type SubscribeCall,
  type Watching,
} from './connections.js';
export { EdgeError, logError, toEdgeError, unavailable, type EdgeErrorOptions, type ErrorLog } from './error.js';
export { batchAnswer, readEvents, type BatchAnswer, type KinesisEvent } from './event-records.js';
export { cacheable } from './cacheable.js';
export {
  httpHandler,
  notFound,
  type HttpAnswer,
  type HttpOptions,
  type Route,
  type RouteAnswer,
} from './http-answer.js';
export { parseJson, readBody, toHttpRequest, type HttpEvent, type HttpRequest } from './http-request.js';
export {
  bearerToken,
  createVerifier,
  identitySettings,
  openIdentity,
  TEST_USER_PREFIX,
  type Identity,
  type IdentitySettings,
  type VerifierOptions,
  type VerifyToken,
} from './identity.js';
export { uuidv7 } from './ids.js';
export { storingHandler, type StoringOptions } from './storing-handler.js';
export { createJournal, openKinesis, type Journal, type JournalOptions } from './journal.js';
export { fetchedKeys, inlineKeys, type FetchedKeysOptions, type KeyResolver } from './jwks.js';
export { checkSymbol, queryInteger, readPaging, toCursor, type Paging } from './paging.js';
export {
  EdgeSettingsError,
  flag,
  integer,
  list,
  oneOf,
  optionalText,
  readEnv,
  stage,
  text,
  url,
  type Setting,
  type Stage,
} from './settings.js';
export { createSymbolGuard, type SymbolGuard, type SymbolGuardOptions } from './symbol-guard.js';
export {
  createSymbolTable,
  openDynamo,
  toSymbolDetail,
  toSymbolItem,
  type SymbolTable,
  type TableOptions,
} from './symbol-table.js';
export {
  cached,
  cachedAll,
  openValkey,
  runScript,
  valkeySettings,
  type Valkey,
  type ValkeySettings,
} from './valkey.js';
export {
  errFrame,
  frameAnswer,
  isWebSocketEvent,
  requestTagOf,
  withId,
  type AnswerFrame,
  type RequestTag,
  type WebSocketAnswer,
  type WebSocketEvent,
} from './websocket.js';
