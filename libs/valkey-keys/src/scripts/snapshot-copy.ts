import type { ValkeyScript } from '../script.js';

/**
 * Sets `snapshot:S` (KEYS 1) to ARGV 1, fenced by epoch (ARGV 2) and seq (ARGV 3), which `snap:S` (KEYS 2) keeps. Answers
 * `OK`; or `FENCED` with nothing written where an engine of a higher epoch, or a later state of the same epoch, was there.
 */
export const snapshotCopy: ValkeyScript = {
  name: 'snapshotCopy',
  numberOfKeys: 2,
  lua: `
local held = redis.call('HMGET', KEYS[2], 'epoch', 'seq')
local epoch, seq = tonumber(held[1] or '-1'), tonumber(held[2] or '-1')
if epoch > tonumber(ARGV[2]) then return 'FENCED' end
if epoch == tonumber(ARGV[2]) and seq > tonumber(ARGV[3]) then return 'FENCED' end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], 'epoch', ARGV[2], 'seq', ARGV[3])
return 'OK'
`,
};
