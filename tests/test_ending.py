"""The end of an exchange: it is in the store before its client can see it."""

from __future__ import annotations

from pathlib import Path

from starlette.types import Message

from proxy.application import application
from proxy.attempts import Backoff
from proxy.standin.journal import Journal
from tests.callers import Caller, calling, only_exchange, settings_in


async def test_the_reply_is_in_the_store_before_its_end_is_sent(tmp_path: Path) -> None:
    endings: list[str] = []

    async def send(message: Message) -> None:
        if b"[DONE]" in message.get("body", b""):
            endings.append((await only_exchange(tmp_path)).ending)

    async with calling(tmp_path) as caller:
        await caller.ask("", send)
    assert endings == ["complete"]


async def test_an_error_of_our_own_is_in_the_store_before_it_is_sent(tmp_path: Path) -> None:
    endings: list[str] = []

    async def send(message: Message) -> None:
        endings.append((await only_exchange(tmp_path)).ending)

    async with application(settings_in(tmp_path, "http://127.0.0.1:1"), Backoff(first=0.0)) as app:
        await Caller(app, Journal(1)).ask("", send)
    assert endings == ["upstream_error"] * 2
