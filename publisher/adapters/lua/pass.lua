-- The gate: the last check before a dangerous call. Anything missing refuses.
-- KEYS: generation, paused:git, paused:now, claim, calling, halted
-- ARGV: generation of the claim, part, caller, budget in ms, claim id
-- Returns {"ok", now} or {reason, detail}.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if redis.call('GET', KEYS[1]) ~= ARGV[1] .. '.' .. run_id then return {'generation', ''} end
if redis.call('GET', KEYS[2]) ~= '0' or redis.call('EXISTS', KEYS[3]) == 1 then
  return {'paused', ''}
end
if redis.call('EXISTS', KEYS[6]) == 1 then return {'halted', ''} end
local claim = redis.call('HMGET', KEYS[4], 'due', 'lease', 'fenced', 'caller')
if not claim[1] then return {'missing', ''} end
if claim[3] then return {'revoked', ''} end
if claim[4] and claim[4] ~= ARGV[3] then return {'taken', claim[4]} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now < tonumber(claim[1]) then return {'early', tostring(claim[1] - now)} end
if now >= tonumber(claim[2]) - tonumber(ARGV[4]) then return {'late', ''} end
if redis.call('HEXISTS', KEYS[4], 'called:' .. ARGV[2]) == 1 then return {'called', ''} end
redis.call('HSET', KEYS[4], 'called:' .. ARGV[2], now, 'caller', ARGV[3])
redis.call('ZADD', KEYS[5], 'NX', now, ARGV[5])
return {'ok', tostring(now)}
