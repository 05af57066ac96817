"""Erasing in short steps, beside others who write."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.opening import open_store
from storage.records import Lookup
from storage.sqlite import erasing, erasures
from storage.sqlite.erasures import scrubbed
from storage.transactions import transaction
from tests.storage.questions import found
from tests.storage.samples import OWNER, link, opened, talk, uid
from tests.storage.secretive import found_in, kept_of, secretive, word_of


async def test_others_write_between_two_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasures, "STEP_SECONDS", 0)
    store = await open_store(f"sqlite:///{tmp_path}/steno.db")
    try:
        await store.write(talk(1, turns=20)[0])
        going = asyncio.get_running_loop().create_task(store.erasures.erase(uid(1)))
        written = 0
        while not going.done():
            await store.write([opened(1000 + written, (link("user", f"Meanwhile {written}"),))])
            written += 1
        assert await going
        assert written > 10
        assert (await store.totals()).messages == written
    finally:
        await store.close()


async def test_what_a_process_that_died_had_begun_is_ended(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/steno.db")
    try:
        await store.write([*secretive(1), *talk(100)[0]])
        with closing(sqlite3.connect(tmp_path / "steno.db", isolation_level=None)) as dying, transaction(dying):
            erasing.leave(dying, [uid(1)])
        assert [row.id for row in await store.sessions()] == [uid(100)]
        assert (await store.totals()).sessions == 1
        (known,) = await found(store, [Lookup(OWNER, body_hash=uid(2), name=word_of("name", 1))])
        assert (known.missed, known.named) == (None, b"")
        assert await store.erasures.erase_alone(0)
        assert found_in(tmp_path, kept_of(1)) == set()
        assert (await store.totals()).messages == 6
    finally:
        await store.close()


async def test_two_who_erase_the_same_do_no_harm(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/steno.db"
    ours, theirs = await open_store(url), await open_store(url)
    try:
        await ours.write([*secretive(1), *talk(100)[0]])
        await asyncio.gather(ours.erasures.erase(uid(1)), theirs.erasures.erase(uid(1)))
        assert await ours.erasures.erase()
        assert (await ours.totals()).messages == 6
        assert not (await ours.health()).faults
    finally:
        await ours.close()
        await theirs.close()


def test_a_row_that_is_another_sessions_by_now_is_left_alone(connection: sqlite3.Connection) -> None:
    _, done = erasures._step(lambda _: iter(()), [], (1, b"gone"), connection)
    assert done


async def test_without_a_process_of_its_own_the_pages_are_not_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "nothing"))
    assert not await scrubbed(str(tmp_path / "steno.db"))
