"""A request on its way: what is told and recorded of how it was made to fit."""

from __future__ import annotations

from proxy.context import Compacted
from proxy.fitting import Fitting
from proxy.plans import Plan
from storage.records import Closed
from tests.forwardings import asked_of, field_of, nowhere
from tests.test_context import context

CLOSED = Closed(b"x", 1, "complete")
PLAN = Plan(((3, 4),), "head", closing=b"d", sent=90, forwarded=12)


async def test_what_fits_as_it_is_leaves_no_trace() -> None:
    async with field_of() as field:
        fitting = Fitting(context(), field.way(nowhere("a")))
        assert fitting.headers == ()
        assert fitting.noted(CLOSED) is CLOSED


async def test_what_was_forwarded_instead_is_told_and_recorded() -> None:
    async with field_of() as field:
        asked = asked_of(nowhere("a"))
        fitting = Fitting(context(), field.way(nowhere("a")), Compacted(asked, PLAN))
        assert dict(fitting.headers) == {b"x-context-sent-tokens": b"90", b"x-context-forwarded-tokens": b"12"}
        planned = fitting.noted(CLOSED).planned
        assert planned is not None
        assert (planned.sent_tokens, planned.forwarded_tokens, len(planned.texts)) == (90, 12, 1)
