-- wrk's side of the benchmark: takes its requests from files, so that no secret is an argument, and prints one line of figures.
--
--   LOAD_METHOD   GET or POST
--   LOAD_PATHS    file of paths, one a line
--   LOAD_KEYS     file of API keys, one a line; optional
--   LOAD_BODIES   file of JSON bodies, one a line; optional
--   LOAD_SAVE     file that text members of the answers are written to, one a line; optional, and costs the client time
--   LOAD_MEMBER   which member that is
--   LOAD_COUNT    how many answers are enough; optional. wrk itself still waits for its whole duration
--
-- The line: "load REQUESTS MICROSECONDS P99_MICROSECONDS REFUSALS SOCKET_ERRORS".

local requests = {}
local position = 0

local function lines(name)
   local path = os.getenv(name)
   if not path then return { false } end
   local found = {}
   for line in io.lines(path) do found[#found + 1] = line end
   return found
end

function init()
   local paths, keys, bodies = lines("LOAD_PATHS"), lines("LOAD_KEYS"), lines("LOAD_BODIES")
   for i = 1, math.max(#paths, #keys, #bodies) do
      local key, body = keys[(i - 1) % #keys + 1], bodies[(i - 1) % #bodies + 1]
      local headers = {}
      if key then headers["x-api-key"] = key end
      if body then headers["content-type"] = "application/json" end
      requests[i] = wrk.format(os.getenv("LOAD_METHOD"), paths[(i - 1) % #paths + 1], headers, body or nil)
   end
end

function request()
   position = position % #requests + 1
   return requests[position]
end

-- Only when it has something to do: wrk keeps every answer's head and body for it.
if os.getenv("LOAD_SAVE") or os.getenv("LOAD_COUNT") then
   local file = os.getenv("LOAD_SAVE") and io.open(os.getenv("LOAD_SAVE"), "a")
   local member = '"' .. (os.getenv("LOAD_MEMBER") or "") .. '":"([^"]*)"'
   local wanted = tonumber(os.getenv("LOAD_COUNT"))
   local count = 0

   function response(status, headers, body)
      count = count + 1
      if wanted and count > wanted then return end
      local value = file and body:match(member)
      if value then file:write(value, "\n") end
      if count == wanted then
         if file then file:flush() end
         wrk.thread:stop()
      end
   end
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format("load %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(99.0), errors.status,
      errors.connect + errors.read + errors.write + errors.timeout))
end
