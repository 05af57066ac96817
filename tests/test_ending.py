"""The end of an exchange: it is in the store before its client can see it."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest
from starlette.types import Message

import proxy.ending
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


async def test_a_reply_that_cannot_be_made_a_record_reaches_its_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fault(*_: object) -> NoReturn:
        raise RuntimeError

    monkeypatch.setattr(proxy.ending, "closed", fault)
    async with calling(tmp_path) as caller:
        await caller.ask("")
    assert b"[DONE]" in b"".join(message.get("body", b"") for message in caller.sent)
    assert (await only_exchange(tmp_path)).ending == ""
    assert "can't be read" in caplog.text
