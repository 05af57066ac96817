"""What is asked for, and how an error is answered."""

from __future__ import annotations

import json

import pytest
from starlette.requests import Request
from starlette.responses import Response

from proxy.api.parameters import choice, count, guarded, known, time
from proxy.errors import BadRequest, NotFound
from storage.ports import BadCursor, StoreError


def test_what_is_not_given_is_the_default() -> None:
    assert count({}, "limit", 5) == 5
    assert (choice({}, "order", ["a"], "a"), choice({}, "type", ["a"])) == ("a", "")
    assert time({}, "since", 9) == 0


def test_what_is_given_is_read() -> None:
    known({"limit": "7"}, ["limit"])
    assert (count({"limit": "7"}, "limit", 5), choice({"order": "b"}, "order", ["a", "b"])) == (7, "b")
    assert time({"since": "1s"}, "since", 5_000_000) == 4_000_000


@pytest.mark.parametrize("text", ["-1", "0", "1001", "x", "٣", "9" * 20])
def test_a_count_is_within_bounds(text: str) -> None:
    with pytest.raises(BadRequest, match="limit must be a number from 1 to 1000"):
        count({"limit": text}, "limit", 5)


@pytest.mark.parametrize(
    ("error", "status"),
    [(NotFound("No."), 404), (BadCursor(), 400), (StoreError("it is locked"), 503)],
)
async def test_an_error_is_answered_in_openais_shape(error: Exception, status: int) -> None:
    async def fail(_: Request) -> Response:
        raise error

    answer = await guarded(fail)(Request({"type": "http"}))
    assert answer.status_code == status
    assert json.loads(bytes(answer.body))["error"]["message"]
