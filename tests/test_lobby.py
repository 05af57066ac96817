"""Which requests end here, and which go on."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from proxy.lobby import Lobby, is_own


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/", "GET"),
        ("/", "HEAD"),
        ("/readyz", "GET"),
        ("/metrics", "GET"),
        ("/api/sessions", "DELETE"),
        ("/replay/one/v1/x", "POST"),
        ("/sessions/1", "GET"),
        ("/login", "POST"),
        ("/static/page.css", "GET"),
    ],
)
def test_what_steno_answers_itself(path: str, method: str) -> None:
    assert is_own(path, method)


@pytest.mark.parametrize(
    ("path", "method"), [("/v1/chat/completions", "POST"), ("/", "POST"), ("/healthz", "POST"), ("/apis", "GET")]
)
def test_what_goes_on(path: str, method: str) -> None:
    assert not is_own(path, method)


def named(name: str, went: list[str]) -> ASGIApp:
    async def serve(_scope: Scope, _receive: Receive, _send: Send) -> None:
        went.append(name)

    return serve


async def test_rooms_are_opened_once_and_only_when_somebody_asks() -> None:
    went: list[str] = []

    async def open_rooms() -> ASGIApp:
        went.append("opened")
        await asyncio.sleep(0)
        return named("rooms", went)

    lobby = Lobby(named("health", went), open_rooms)

    async def send(_: Message) -> None:
        raise AssertionError

    async def ask(method: str, path: str) -> None:
        await lobby({"type": "http", "method": method, "path": path}, asyncio.Event().wait, send)  # type: ignore[arg-type]

    await ask("GET", "/healthz")
    await ask("HEAD", "/")
    assert went == ["health", "health"]
    await asyncio.gather(ask("GET", "/"), ask("GET", "/api/sessions"))
    assert went[2:] == ["opened", "rooms", "rooms"]
