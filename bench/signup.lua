-- The request of the load generator for wrk: `wrk -t1 -c64 -d5s --latency -s bench/signup.lua URL`
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"account_name":"Bench 001-000000001","user_name":"Ada Lovelace",'
  .. '"user_email":"ada@example.com","plan_id":"00000000-0000-7000-8000-000000000002"}'
