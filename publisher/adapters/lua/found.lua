-- Say which generation is in force: begin a new one unless this Redis holds all that it ever
-- confirmed. That is so while the same server runs. It is so after a restart if what it confirmed
-- was kept (sealed then as now, see redis_gate.py), no replica was about, and its count of stamps
-- is not behind the ledger's, as that of an older copy put back would be. Mirror git's pause.
-- KEYS: generation, paused:git, leases, calling, sealed, stamps
-- ARGV: installation, random, what keeps the data (empty: nothing certain), newest stamp in the
-- ledger (empty: not asked yet), paused (0 or 1; without it the gate stays shut)
-- Returns {generation, 1}, or {generation, 0} when the ledger must be asked first.
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local info = redis.call('INFO', 'replication')
local alone = string.find(info, 'role:master') and string.find(info, 'connected_slaves:0\r')
  and not string.match(info, 'master_replid2:0*[^0%s]')
local keeps = ARGV[3] ~= '' and alone
local generation, run = string.match(redis.call('GET', KEYS[1]) or '', '^(.*)%.(%x+)$')
if run ~= run_id then
  local kept = generation and keeps and redis.call('GET', KEYS[5]) == run .. ' ' .. ARGV[3]
  if kept and ARGV[4] == '' then return {generation, 0} end
  local stamps, newest = tonumber(redis.call('GET', KEYS[6]) or '0'), tonumber(ARGV[4])
  if not (kept and newest and newest <= stamps) then
    generation = ARGV[1] .. '.' .. ARGV[2]
    redis.call('DEL', KEYS[3], KEYS[4])
  end
  redis.call('SET', KEYS[1], generation .. '.' .. run_id)
end
local function write(key, value)
  if redis.call('GET', key) == value then return end
  if value then redis.call('SET', key, value) else redis.call('DEL', key) end
end
write(KEYS[2], ARGV[5] or false)
write(KEYS[5], keeps and run_id .. ' ' .. ARGV[3] or false)
return {generation, 1}
