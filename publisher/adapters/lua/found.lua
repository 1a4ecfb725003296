-- Begin a new generation if this Redis is empty, was restored or was restarted; mirror git's pause.
-- KEYS: generation, paused:git, leases, calling
-- ARGV: installation, random, paused (0 or 1; without it the gate stays shut)
-- Returns the generation in force and 1 if it is new.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local generation = redis.call('GET', KEYS[1])
if ARGV[3] then redis.call('SET', KEYS[2], ARGV[3]) else redis.call('DEL', KEYS[2]) end
if generation and string.sub(generation, -string.len(run_id)) == run_id then
  return {generation, 0}
end
generation = ARGV[1] .. '.' .. ARGV[2] .. '.' .. run_id
redis.call('DEL', KEYS[3], KEYS[4])
redis.call('SET', KEYS[1], generation)
return {generation, 1}
