"""An exchange whose task ends where it shouldn't: its record is closed all the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Message, Scope, Send

from proxy.application import application
from proxy.attempts import Backoff
from proxy.config import Settings, load_settings
from proxy.errors import NotFound
from proxy.exchange import answer
from proxy.standin import create_standin
from proxy.standin.journal import Journal
from storage.opening import open_store
from storage.records import ExchangeRow
from tests.servers import running

BODY = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "Count to 9"}]}).encode()


@dataclass(slots=True)
class Caller:
    """One request without a server around it."""

    app: ASGIApp
    journal: Journal
    sent: list[Message] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, wish: str, send: Send | None = None) -> None:
        """Ask, and stay until the app is done."""
        waiting: list[Message] = [{"type": "http.request", "body": BODY, "more_body": False}]

        async def receive() -> Message:
            return waiting.pop() if waiting else await asyncio.Future()

        scope: Scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/chat/completions",
            "raw_path": b"/v1/chat/completions",
            "query_string": b"",
            "headers": [(b"x-standin", wish.encode())],
        }
        await self.app(scope, receive, send or self.send)

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        if message.get("body"):
            self.came.set()


def settings_in(folder: Path, upstream: str) -> Settings:
    """Settings for a store in a folder."""
    url = f"sqlite:///{folder}/steno.db"
    return load_settings(None, {"store.url": url, "upstream.base_url": f"{upstream}/v1"}, {})


@asynccontextmanager
async def calling(folder: Path) -> AsyncIterator[Caller]:
    """The app in front of a stand-in."""
    standin = create_standin()
    async with running(standin) as upstream, application(settings_in(folder, upstream)) as app:
        yield Caller(app, standin.state.standin.journal)


async def only_exchange(folder: Path) -> ExchangeRow:
    """The one that is in the store."""
    store = await open_store(f"sqlite:///{folder}/steno.db", readonly=True)
    (row,) = await store.exchanges()
    await store.close()
    return row


async def test_an_exchange_that_is_cancelled_is_interrupted_and_keeps_what_came(tmp_path: Path) -> None:
    async with calling(tmp_path) as caller:
        task = asyncio.get_running_loop().create_task(caller.ask("pause=5"))
        await caller.came.wait()
        task.cancel()
        await asyncio.wait([task])
        await caller.journal.reached("left", 1)
    row = await only_exchange(tmp_path)
    assert (row.ending, row.status) == ("interrupted", 200)
    assert row.answer


async def test_an_exchange_that_fails_here_is_closed(tmp_path: Path) -> None:
    async def send(_: Message) -> None:
        raise RuntimeError

    async with calling(tmp_path) as caller:
        with pytest.raises(RuntimeError):
            await caller.ask("", send)
    assert (await only_exchange(tmp_path)).ending == "interrupted"


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


async def test_an_error_has_its_status_and_openais_shape() -> None:
    caller = Caller(lambda *_: asyncio.sleep(0), Journal(1))
    await answer(caller.send, NotFound("Nothing here."), [(b"x-own", b"1")])
    assert caller.sent[0]["status"] == 404
    assert (b"x-own", b"1") in caller.sent[0]["headers"]
    told = {"message": "Nothing here.", "type": "invalid_request_error", "param": None, "code": "not_found"}
    assert json.loads(caller.sent[1]["body"]) == {"error": told}
