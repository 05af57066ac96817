-- Each request with a text that no other has: the template's bytes with a number in their middle.
local before, after, number = "", "", 0

function init(args)
    local file = io.open(args[1], "rb")
    local template = file:read("*a")
    file:close()
    local first, last = template:find("000000000000", 1, true)
    before, after = template:sub(1, first - 1), template:sub(last + 1)
end

function request()
    number = number + 1
    return before .. string.format("%012d", number) .. after
end

function done(summary, latency)
    local e = summary.errors
    io.write(string.format(
        '{"requests": %d, "seconds": %.6f, "errors": %d, "p50": %.9f}\n',
        summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
        latency:percentile(50) / 1e6
    ))
end
