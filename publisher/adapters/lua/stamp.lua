-- Count one more ledger commit that this Redis knows of, before it is made.
-- KEYS: generation, stamps
-- ARGV: generation
-- Returns the count, or 0 if another generation is in force.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if redis.call('GET', KEYS[1]) ~= ARGV[1] .. '.' .. run_id then return 0 end
return redis.call('INCR', KEYS[2])
