import type { Keys } from '../keys.js';
import type { ValkeyScript } from '../script.js';

/**
 * The registry of connections: who is connected, who watches what. Every script leaves the keys consistent with each
 * other: a symbol is in `subscribed:symbols` exactly while a connection watches it.
 *
 * The scripts reach the keys of symbols that they read out of other keys, so the depth cache that holds the registry
 * is one server with replicas, not a cluster.
 */

/** The keys that every script of the registry takes, in their order. `userId` is '' for an anonymous connection. */
export function connectionKeys(keys: Keys, connectionId: string, userId: string): string[] {
  return [
    keys.connection(connectionId),
    keys.connectionMain(connectionId),
    keys.connectionSub(connectionId),
    keys.subscribedSymbols,
    keys.realtimeConnections,
    keys.userConnections(userId),
  ];
}

/** The first arguments of the scripts that touch subscribers: the connection, and how the keys of a symbol are made. */
function subscriberArgs(keys: Keys, connectionId: string): string[] {
  const around = (make: (symbol: string) => string) => make('*').split('*');
  return [
    connectionId,
    ...around(keys.mainSubscribers),
    ...around(keys.subSubscribers),
    ...around(keys.legacySubscribers),
    ...around(keys.mainTimeframes),
  ].map((part) => part ?? '');
}

const NUMBER_OF_KEYS = 6;

const COMMON = `
local ws, connMain, connSub, subscribed, realtime, userConns = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local id = ARGV[1]
local function mainKey(s) return ARGV[2] .. s .. ARGV[3] end
local function subKey(s) return ARGV[4] .. s .. ARGV[5] end
local function legacyKey(s) return ARGV[6] .. s .. ARGV[7] end
local function timeframeKey(s) return ARGV[8] .. s .. ARGV[9] end
local function settle(s)
  if redis.call('EXISTS', mainKey(s), subKey(s), legacyKey(s)) == 0 then
    redis.call('SREM', subscribed, s)
  end
end
local function dropMain()
  local old = redis.call('GET', connMain)
  if old then
    redis.call('DEL', connMain)
    redis.call('SREM', mainKey(old), id)
    redis.call('HDEL', timeframeKey(old), id)
    settle(old)
  end
end
local function dropSub(s)
  redis.call('SREM', connSub, s)
  redis.call('SREM', subKey(s), id)
  redis.call('SREM', legacyKey(s), id)
  settle(s)
end
local function watching()
  local subs = redis.call('SMEMBERS', connSub)
  table.sort(subs)
  return { redis.call('GET', connMain) or '', subs }
end
`;

const REGISTER = `
local function userOf(json)
  local isJson, info = pcall(cjson.decode, json or '')
  if isJson and type(info) == 'table' and type(info.userId) == 'string' then return info.userId end
  return ''
end
local function register(id, json, ttl, userConns)
  redis.call('SET', KEYS[1], json, 'EX', ttl)
  redis.call('EXPIRE', KEYS[2], ttl)
  redis.call('EXPIRE', KEYS[3], ttl)
  if userConns then
    redis.call('SADD', userConns, id)
    redis.call('EXPIRE', userConns, ttl)
    redis.call('SADD', KEYS[5], id)
  end
end
`;

/**
 * Registers a connection: sets `ws:CONNID` to the JSON given, and puts a logged-in connection among its user's (`KEYS[6]`) and
 * among those served in real time. Answers 1, or 0 with nothing changed when the connection belongs to another user.
 */
export const connectionOpen: ValkeyScript = {
  name: 'connectionOpen',
  numberOfKeys: NUMBER_OF_KEYS,
  lua: `${REGISTER}
local id, json, ttl, userId = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local owner = userOf(redis.call('GET', KEYS[1]))
if owner ~= '' and owner ~= userId then return 0 end
register(id, json, ttl, userId ~= '' and KEYS[6])
return 1
`,
};

/** `userId` is the one in the JSON, '' for an anonymous connection. */
export function connectionOpenArgs(connectionId: string, json: string, ttlS: number, userId: string) {
  return [connectionId, json, ttlS, userId];
}

/**
 * Registers a connection again as it was known, and renews its life; one that is not known (a flush) is registered with the
 * JSON given, which is an anonymous one. Answers the JSON that now stands.
 */
export const connectionRenew: ValkeyScript = {
  name: 'connectionRenew',
  numberOfKeys: NUMBER_OF_KEYS,
  lua: `${REGISTER}
local id, anonymous, ttl = ARGV[1], ARGV[2], ARGV[3]
local json = redis.call('GET', KEYS[1]) or anonymous
local userId = userOf(json)
register(id, json, ttl, userId ~= '' and ARGV[4] .. userId .. ARGV[5])
return json
`,
};

export function connectionRenewArgs(keys: Keys, connectionId: string, anonymousJson: string, ttlS: number) {
  return [connectionId, anonymousJson, ttlS, ...aroundUser(keys)];
}

/**
 * Adds sub symbols and, when one is given, makes it the main symbol in place of the one before. Answers
 * `[main or '', sub symbols in order]`, or `TOO_MANY` with nothing changed when the sub symbols would pass the bound.
 */
export const connectionSubscribe: ValkeyScript = {
  name: 'connectionSubscribe',
  numberOfKeys: NUMBER_OF_KEYS,
  lua: `${COMMON}
local ttl, maxSub, isLegacy, main, timeframe = ARGV[10], tonumber(ARGV[11]), ARGV[12], ARGV[13], ARGV[14]
local added, seen = 0, {}
for i = 15, #ARGV do
  if not seen[ARGV[i]] and redis.call('SISMEMBER', connSub, ARGV[i]) == 0 then added = added + 1 end
  seen[ARGV[i]] = true
end
if redis.call('SCARD', connSub) + added > maxSub then return 'TOO_MANY' end
if main ~= '' then
  if redis.call('GET', connMain) ~= main then dropMain() end
  redis.call('SET', connMain, main)
  redis.call('SADD', mainKey(main), id)
  if timeframe == '1m' then
    redis.call('HDEL', timeframeKey(main), id)
  else
    redis.call('HSET', timeframeKey(main), id, timeframe)
  end
  redis.call('SADD', subscribed, main)
end
for i = 15, #ARGV do
  local s = ARGV[i]
  redis.call('SADD', connSub, s)
  redis.call('SADD', subKey(s), id)
  if isLegacy == '1' then redis.call('SADD', legacyKey(s), id) end
  redis.call('SADD', subscribed, s)
end
redis.call('EXPIRE', connMain, ttl)
redis.call('EXPIRE', connSub, ttl)
return watching()
`,
};

export interface ConnectionSubscribe {
  ttlS: number;
  maxSub: number;
  /** '' leaves the main symbol as it is. */
  main: string;
  /** Interval of the candles of `main`. */
  timeframe: string;
  sub: readonly string[];
  /** Also among the subscribers of the legacy form. */
  isLegacy: boolean;
}

export function connectionSubscribeArgs(keys: Keys, connectionId: string, call: ConnectionSubscribe) {
  return [
    ...subscriberArgs(keys, connectionId),
    call.ttlS,
    call.maxSub,
    call.isLegacy ? '1' : '0',
    call.main,
    call.timeframe,
    ...call.sub,
  ];
}

/** Stops watching: the main symbol if it is the one given, the sub symbols given, or all. Answers as connectionSubscribe. */
export const connectionUnsubscribe: ValkeyScript = {
  name: 'connectionUnsubscribe',
  numberOfKeys: NUMBER_OF_KEYS,
  lua: `${COMMON}
local isAll, main = ARGV[10], ARGV[11]
if isAll == '1' then
  dropMain()
  for _, s in ipairs(redis.call('SMEMBERS', connSub)) do dropSub(s) end
else
  if main ~= '' and redis.call('GET', connMain) == main then dropMain() end
  for i = 12, #ARGV do dropSub(ARGV[i]) end
end
return watching()
`,
};

export function connectionUnsubscribeArgs(
  keys: Keys,
  connectionId: string,
  call: { main: string; sub: readonly string[]; isAll: boolean },
) {
  return [...subscriberArgs(keys, connectionId), call.isAll ? '1' : '0', call.main, ...call.sub];
}

/**
 * Forgets a connection and every trace of it. `KEYS[6]` is its user's set, where the user is known: the script also reads
 * the user out of `ws:CONNID` and makes the key from the argument. Where `ws:CONNID` has gone already, all watched symbols
 * are searched. Answers 1 if the connection was registered.
 */
export const connectionClose: ValkeyScript = {
  name: 'connectionClose',
  numberOfKeys: NUMBER_OF_KEYS,
  lua: `${COMMON}${REGISTER}
local json = redis.call('GET', ws)
dropMain()
for _, s in ipairs(redis.call('SMEMBERS', connSub)) do dropSub(s) end
if not json then
  for _, s in ipairs(redis.call('SMEMBERS', subscribed)) do
    redis.call('SREM', mainKey(s), id)
    redis.call('HDEL', timeframeKey(s), id)
    dropSub(s)
  end
end
redis.call('SREM', realtime, id)
redis.call('SREM', userConns, id)
redis.call('SREM', ARGV[10] .. userOf(json) .. ARGV[11], id)
redis.call('DEL', ws, connSub)
return json and 1 or 0
`,
};

export function connectionCloseArgs(keys: Keys, connectionId: string) {
  return [...subscriberArgs(keys, connectionId), ...aroundUser(keys)];
}

function aroundUser(keys: Keys): [before: string, after: string] {
  const [before = '', after = ''] = keys.userConnections('*').split('*');
  return [before, after];
}
