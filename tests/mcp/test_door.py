"""Whose past a caller may ask for."""

from __future__ import annotations

import sys

import pytest
from starlette.types import Message

from proxy.errors import HttpError, Unauthorized
from proxy.headers import Headers
from proxy.mcp.door import Agents

SCOPE = {"method": "POST", "headers": [], "client": ("127.0.0.1", 1)}


async def refused(sees: object) -> list[str]:
    """The codes with which a caller is turned away."""
    errors: list[str] = []

    async def refuse(_: object, error: HttpError) -> None:
        errors.append(error.code)

    async def receive() -> Message:
        raise AssertionError

    async def send(_: Message) -> None:
        raise AssertionError

    agents = Agents(lambda _: pytest.fail("nobody may ask"), sees, refuse)  # type: ignore[arg-type]
    await agents(SCOPE, receive, send)
    return errors


async def test_without_the_package_a_caller_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "proxy.mcp.toolbox", None)
    assert await refused(lambda *_: None) == ["mcp_missing"]


async def test_one_who_may_see_nothing_is_turned_away() -> None:
    def sees(method: str, headers: Headers, peer: str) -> bytes | None:
        assert (method, headers, peer) == ("POST", [], "127.0.0.1")
        message = "no"
        raise Unauthorized(message)

    assert await refused(sees) == ["key_required"]
