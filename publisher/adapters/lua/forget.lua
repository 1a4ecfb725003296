-- Forget reports that the ledger has; one that was replaced meanwhile stays.
-- KEYS: reports
-- ARGV: field, report for each
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then
    redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return 1
