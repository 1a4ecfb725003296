-- Leave what a carrier has to say; the last word on a claim also closes it.
-- KEYS: reports, claim, leases, calling
-- ARGV: field, report, closes (0 or 1), claim id, tombstone seconds
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZREM', KEYS[4], ARGV[4])
if ARGV[3] == '1' then
  redis.call('ZREM', KEYS[3], ARGV[4])
  if redis.call('EXISTS', KEYS[2]) == 1 then
    redis.call('HSET', KEYS[2], 'fenced', '1')
    redis.call('EXPIRE', KEYS[2], ARGV[5])
  end
end
return 1
