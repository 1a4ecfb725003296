-- Take claims out of the game unless they are alive: after this they never pass the gate.
-- KEYS: generation, leases, calling, claims…
-- ARGV: tombstone seconds, then id, generation, force (0 or 1) for each claim
-- Returns for each claim {state, lease, caller, part, called, part, called, …}; state is
-- "fenced", "alive" or "other" (guarded by another generation).
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local in_force = redis.call('GET', KEYS[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answers = {}
for i = 4, #KEYS do
  local at = 2 + (i - 4) * 3
  local answer
  if in_force ~= ARGV[at + 1] .. '.' .. run_id then
    answer = {'other', '0', ''}
    redis.call('ZREM', KEYS[2], ARGV[at])
    redis.call('ZREM', KEYS[3], ARGV[at])
  else
    local lease = redis.call('HGET', KEYS[i], 'lease')
    if lease and tonumber(lease) > now and ARGV[at + 2] == '0' then
      answer = {'alive', lease, ''}
    else
      redis.call('HSET', KEYS[i], 'fenced', now)
      redis.call('EXPIRE', KEYS[i], ARGV[1])
      redis.call('ZREM', KEYS[2], ARGV[at])
      redis.call('ZREM', KEYS[3], ARGV[at])
      answer = {'fenced', lease or '0', redis.call('HGET', KEYS[i], 'caller') or ''}
      local fields = redis.call('HGETALL', KEYS[i])
      for f = 1, #fields, 2 do
        local part = string.match(fields[f], '^called:(%d+)$')
        if part then
          table.insert(answer, part)
          table.insert(answer, fields[f + 1])
        end
      end
    end
  end
  table.insert(answers, answer)
end
return answers
