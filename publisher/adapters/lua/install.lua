-- Make claims passable, once the ledger has them; a claim that was fenced before stays fenced.
-- KEYS: generation, leases, handover, claims…
-- ARGV: generation, deadline in ms, batch, then id, due, lease for each claim
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if redis.call('GET', KEYS[1]) ~= ARGV[1] .. '.' .. run_id then return 0 end
local time = redis.call('TIME')
if time[1] * 1000 + math.floor(time[2] / 1000) > tonumber(ARGV[2]) then return 0 end
for i = 4, #KEYS do
  local at = 4 + (i - 4) * 3
  if redis.call('EXISTS', KEYS[i]) == 0 then
    redis.call('HSET', KEYS[i], 'due', ARGV[at + 1], 'lease', ARGV[at + 2])
    redis.call('ZADD', KEYS[2], ARGV[at + 2], ARGV[at])
  end
end
redis.call('RPUSH', KEYS[3], ARGV[3])
return 1
