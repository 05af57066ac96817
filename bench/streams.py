"""The first byte of a stream whose chunks come a millisecond apart: how much later it comes through a proxy."""

from __future__ import annotations

from statistics import median

from bench.client import Line, request
from bench.machine import pinned
from bench.plan import Plan
from bench.servers import Grounds
from bench.tables import Row
from bench.texts import Writer, body_of

PATH = "/v1/chat/completions"


def streams(ground: Grounds, plan: Plan) -> list[Row]:
    """Streams one after the other, by turns straight, through nginx and through Steno."""
    with pinned(ground.cores.load), ground.steno("streams", ground.varied) as steno:
        places = {
            "direct": (Line(ground.varied.host), ground.varied.host, PATH),
            "nginx": (Line(ground.nginx.host), ground.nginx.host, f"/varied{PATH}"),
            "steno": (Line(steno.host), steno.host, PATH),
        }
        times: dict[str, list[float]] = {name: [] for name in places}
        for number in range(plan.streams + 3):
            for name, (line, host, path) in places.items():
                seconds = line.first_byte(request(host, _body(f"{name} {number}"), path=path))
                if number >= 3:
                    times[name].append(seconds * 1e6)
    medians = {name: median(values) for name, values in times.items()}
    figures = ", ".join(f"{name} {value:,.0f}" for name, value in medians.items())
    return [
        Row("f  first byte of a paced stream: added", f"{figures} µs", medians["steno"] - medians["direct"], unit=" µs")
    ]


def _body(seed: str) -> bytes:
    """A request for a stream."""
    body = body_of([{"role": "user", "content": f"{seed} {Writer(seed).text(200)}"}])
    return body[:-1] + b',"stream":true}'
