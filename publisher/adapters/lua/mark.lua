-- Say that a round was kept just now, and what kept it back.
-- KEYS: round:last, trouble
-- ARGV: trouble
local time = redis.call('TIME')
redis.call('SET', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('SET', KEYS[2], ARGV[1])
return 1
