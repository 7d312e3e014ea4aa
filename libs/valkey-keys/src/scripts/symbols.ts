import type { ValkeyScript } from '../script.js';

/** Both scripts take `active:symbols` and `symbol:states`, and keep them in step: listed symbols are active until delisted. */
const NUMBER_OF_KEYS = 2;

/**
 * Writes the state of one symbol. Answers 1, or 0 with nothing written while the projection is absent: a part of it would
 * make every other symbol unknown, so the caller restores it whole.
 */
export const symbolProject: ValkeyScript = {
  name: 'symbolProject',
  numberOfKeys: NUMBER_OF_KEYS,
  lua: `
local active, states, symbol, state = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
if redis.call('EXISTS', states) == 0 then return 0 end
if redis.call('EXISTS', active) == 0 then
  local all = redis.call('HGETALL', states)
  for i = 1, #all, 2 do
    if all[i + 1] ~= 'delisted' then redis.call('SADD', active, all[i]) end
  end
end
redis.call('HSET', states, symbol, state)
if state == 'delisted' then
  redis.call('SREM', active, symbol)
else
  redis.call('SADD', active, symbol)
end
return 1
`,
};

/** Writes the whole projection, symbol and state in turn. A state that is there already is newer and stays. */
export const symbolsRestore: ValkeyScript = {
  name: 'symbolsRestore',
  numberOfKeys: NUMBER_OF_KEYS,
  lua: `
local active, states = KEYS[1], KEYS[2]
for i = 1, #ARGV, 2 do
  redis.call('HSETNX', states, ARGV[i], ARGV[i + 1])
  if redis.call('HGET', states, ARGV[i]) == 'delisted' then
    redis.call('SREM', active, ARGV[i])
  else
    redis.call('SADD', active, ARGV[i])
  end
end
return #ARGV / 2
`,
};
