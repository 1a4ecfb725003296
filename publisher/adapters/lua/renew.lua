-- Take claims, or keep those already taken, for one more lease.
-- KEYS: leases, claims…
-- ARGV: caller, lease in ms, ids…
-- Returns the ids that are not this caller's (any more).
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lost = {}
for i = 2, #KEYS do
  local claim = redis.call('HMGET', KEYS[i], 'due', 'fenced', 'caller')
  if not claim[1] or claim[2] or (claim[3] and claim[3] ~= ARGV[1]) then
    table.insert(lost, ARGV[i + 1])
  else
    local lease = now + tonumber(ARGV[2])
    redis.call('HSET', KEYS[i], 'lease', lease, 'caller', ARGV[1])
    redis.call('ZADD', KEYS[1], lease, ARGV[i + 1])
  end
end
return lost
