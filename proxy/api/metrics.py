"""``GET /metrics``: what was recorded in figures, and how the recorder and the upstreams are doing, for Prometheus.

Sums are those of the store, whichever process served the requests; the rest is that of the process that answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from starlette.responses import Response

from proxy.api.endpoints import Call, Endpoint
from proxy.shapes.metrics import MEDIA, Metric, exposition
from storage.inquiries import Figures, Statistics

OPEN = "open"
"""What is said of an upstream that isn't asked at the moment."""
SUMS: tuple[tuple[str, str, Callable[[Figures], float]], ...] = (
    ("requests", "Requests that ended", lambda row: row.requests),
    ("errors", "Requests that failed", lambda row: row.errors),
    ("prompt_tokens", "Tokens sent to models", lambda row: row.prompt_tokens),
    ("completion_tokens", "Tokens that models answered with", lambda row: row.completion_tokens),
    ("cached_tokens", "Tokens that came from providers' caches", lambda row: row.cached_tokens),
    ("cost_dollars", "What the requests cost, as far as there are prices", lambda row: row.cost / 1e9),
)


async def get_metrics(call: Call) -> object:
    """Give figures to Prometheus: of all requests by model and by provider, and of the process that answers."""
    sums = await call.store.statistics(call.caller.sees)
    return Response(exposition((*_sums(sums), *_vitals(call.desk.vitals()))), media_type=MEDIA)


def _sums(row: Statistics) -> Iterator[Metric]:
    for label, rows in (("model", row.models), ("provider", row.providers)):
        for name, about, value in SUMS:
            values = [({label: each.name}, float(value(each))) for each in rows]
            yield Metric(f"steno_{label}_{name}_total", "counter", f"{about}, by {label}.", values)


def _vitals(told: Mapping[str, Any]) -> Iterator[Metric]:
    yield _alone("queued_bytes", "gauge", "Bytes that wait for the store.", told["queued_bytes"])
    yield _alone("spooled_bytes", "gauge", "Bytes in the spool.", told["spooled_bytes"])
    yield _alone("lost_exchanges_total", "counter", "Exchanges that could not be recorded.", told["lost_exchanges"])
    yield _alone("recorder_stalled", "gauge", "Whether the store is too slow for the recorder.", told["stalled"])
    upstreams: Mapping[str, Mapping[str, Any]] = told["upstreams"]
    shut = [({"provider": name}, float(one["state"] == OPEN)) for name, one in upstreams.items()]
    yield Metric("steno_upstream_unavailable", "gauge", "Whether an upstream isn't asked, after failures.", shut)


def _alone(name: str, kind: str, about: str, value: float) -> Metric:
    return Metric(f"steno_{name}", kind, about, [({}, float(value))])


ENDPOINTS = (Endpoint("GET", "/metrics", get_metrics, str, media=MEDIA.partition(";")[0]),)
