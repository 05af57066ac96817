"""An exchange whose task ends where it shouldn't: its record is closed all the same."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from starlette.types import Message

from proxy.errors import NotFound
from proxy.exchange import answer
from proxy.standin.journal import Journal
from tests.callers import Caller, calling, only_exchange


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


async def test_an_error_has_its_status_and_openais_shape() -> None:
    caller = Caller(lambda *_: asyncio.sleep(0), Journal(1))
    await answer(caller.send, NotFound("Nothing here."), [(b"x-own", b"1")])
    assert caller.sent[0]["status"] == 404
    assert (b"x-own", b"1") in caller.sent[0]["headers"]
    told = {"message": "Nothing here.", "type": "invalid_request_error", "param": None, "code": "not_found"}
    assert json.loads(caller.sent[1]["body"]) == {"error": told}
