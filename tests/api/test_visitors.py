"""Who reads what was recorded."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from proxy.access import Access
from proxy.api.visitors import is_local, visiting
from proxy.errors import Unauthorized

ACCESS = Access(b"s" * 32, "key", require_key=False, keys=())


def request(client: str | None = "127.0.0.1", **headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "client": (client, 1) if client else None, "headers": pairs})


@pytest.mark.parametrize(
    ("given", "local"),
    [
        (request(host="localhost:8383"), True),
        (request(host="127.0.0.1"), True),
        (request("::1", host="[::1]:8383"), True),
        (request(host="evil.example"), False),
        (request(), False),
        (request("192.0.2.1", host="localhost"), False),
        (request(None, host="localhost"), False),
        (request(host="localhost", x_forwarded_for="192.0.2.1"), False),
    ],
)
def test_a_caller_is_local_who_comes_from_here_and_names_this_machine(given: Request, local: bool) -> None:
    assert is_local(given) is local


def test_a_local_caller_sees_all_and_another_one_its_own() -> None:
    authorised = visiting(ACCESS)
    assert authorised(request(host="localhost")) is None
    away = request("192.0.2.1", host="steno", authorization="Bearer sk-1")
    assert authorised(away) == ACCESS.owner(((b"authorization", b"Bearer sk-1"),))


def test_without_a_key_another_machine_sees_nothing() -> None:
    with pytest.raises(Unauthorized, match="needs the API key"):
        visiting(ACCESS)(request("192.0.2.1", host="steno"))
