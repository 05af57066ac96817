"""What erasure leaves in the tables and in the files."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from storage.migrate import migrate
from storage.opening import open_store
from storage.sqlite import archiving, erasing, unindexing
from storage.sqlite.indexing import index
from storage.sqlite.writing import Writer
from storage.transactions import transaction
from storage.upkeep import Scope
from tests.storage.samples import Conversation, closed, digest, link, opened, talk, uid
from tests.storage.secretive import KINDS, found_in, kept_of, secretive, word_of

KEPT = {"owners", "facts", "gaps", "indexed", "migrations", "days", "spreads", "balances"}
"""What holds nothing of what was said."""


def tables(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    return {name for (name,) in rows if not name.startswith(("grams", "words", "sqlite_"))}


def erase(connection: sqlite3.Connection, *sessions: bytes) -> None:
    """All pieces, one after the other."""
    with transaction(connection):
        erasing.leave(connection, sessions)
    while (session := erasing.leaving(connection)) is not None:
        list(erasing.session_pieces(connection, session[0]))
    list(unindexing.doubts(connection))


def test_each_table_is_empty_after_the_last_session(connection: sqlite3.Connection) -> None:
    writer = Writer(connection)
    writer.commit([*secretive(1), *talk(100)[0]])
    index(connection, 1000)
    erase(connection, uid(1), uid(100))
    found = {
        name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608 (our own tables)
        for name in tables(connection) - KEPT
    }
    assert set(found.values()) == {0}, found


def test_landmarks_go_with_their_answer_whenever_they_came(connection: sqlite3.Connection) -> None:
    ask, again = opened(1, (link("user", "Hello"),)), opened(2, (link("user", "Hello"),))
    hi, other = link("assistant", "Hi", ask.tip), opened(3, (link("user", "Bye"),))
    first, second, alone = digest(b"1"), digest(b"2"), digest(b"3")
    bye = link("assistant", "Hi", other.tip)
    answers = [closed(1, (hi,), landmarks=(first, alone)), closed(2, (hi,), landmarks=(first, second))]
    Writer(connection).commit([ask, again, *answers, other, closed(3, (bye,), landmarks=(first,))])
    erase(connection, uid(1))
    assert connection.execute("SELECT count(*) FROM landmarks").fetchone() == (4,)
    erase(connection, uid(2))
    assert connection.execute("SELECT digest, message FROM landmarks").fetchall() == [(first, 4)]


def test_landmarks_that_were_imported_go_with_their_answer(connection: sqlite3.Connection) -> None:
    ask = opened(1, (link("user", "Hello"),))
    landmarks = (bytes(16), b"\xff" * 15 + b"\0", digest(b"1"))
    there = sqlite3.connect(":memory:", isolation_level=None)
    migrate(there, "storage.sqlite")
    Writer(there).commit([ask, closed(1, (link("assistant", "Hi", ask.tip),), landmarks=landmarks)])
    assert archiving.write(connection, list(archiving.read(there, Scope()))) == []
    there.close()
    assert {mark for (mark,) in connection.execute("SELECT digest FROM landmarks")} == set(landmarks)
    erase(connection, uid(1))
    assert connection.execute("SELECT count(*) FROM landmarks").fetchone() == (0,)


def test_what_it_cost_stays_in_its_days_sums_without_names(connection: sqlite3.Connection) -> None:
    Writer(connection).commit([*secretive(1), *talk(100, turns=1)[0]])
    index(connection, 1000)
    erase(connection, uid(1))
    rows = connection.execute("SELECT model, app, requests, cost FROM days ORDER BY model").fetchall()
    assert rows == [("", "", 2, 2000), ("gpt-4o", "test", 1, 1000)]
    assert connection.execute("SELECT model, compacted FROM balances").fetchall() == [("", 1)]
    assert connection.execute("SELECT sum(exchanges) FROM spreads WHERE measure = 0").fetchone() == (3,)
    assert connection.execute("SELECT count(*) FROM spreads WHERE exchanges <= 0").fetchone() == (0,)


def test_the_index_offers_nothing_that_was_erased(connection: sqlite3.Connection) -> None:
    writer = Writer(connection)
    writer.commit([*secretive(1), *talk(100)[0]])
    index(connection, 1000)
    erase(connection, uid(1))
    for kind in ("message", "answer", "error"):
        word = word_of(kind, 1)
        assert not connection.execute("SELECT rowid FROM words WHERE words MATCH ?", (word,)).fetchall()
        assert not connection.execute("SELECT rowid FROM grams WHERE grams MATCH ?", (word[-3:],)).fetchall()
        assert not connection.execute("SELECT 1 FROM terms WHERE term = ?", (word,)).fetchall()
    assert len(connection.execute("SELECT rowid FROM words WHERE words MATCH 'question'").fetchall()) == 3
    assert len(connection.execute("SELECT rowid FROM grams WHERE grams MATCH 'que'").fetchall()) == 1


@pytest.mark.parametrize("pieces", [1, 3, 5, 8])
def test_an_erasure_that_was_broken_off_goes_on(connection: sqlite3.Connection, pieces: int) -> None:
    Writer(connection).commit(secretive(1))
    with transaction(connection):
        erasing.leave(connection, [uid(1)])
    found = erasing.leaving(connection)
    assert found is not None
    for _ in zip(range(pieces), erasing.session_pieces(connection, found[0]), strict=False):
        pass
    list(erasing.session_pieces(connection, found[0]))
    assert erasing.leaving(connection) is None
    assert connection.execute("SELECT count(*) FROM messages").fetchone() == (0,)


async def test_no_file_holds_a_trace_of_what_was_erased(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/steno.db")
    try:
        for number in range(1000, 4000, 100):
            await store.write(talk(number)[0])
            await store.write(secretive(number + 50))
        while await store.index(64):
            pass
        assert found_in(tmp_path, kept_of(1050)) == kept_of(1050)
        erased = range(1050, 3050, 100)
        assert await store.erasures.erase(*map(uid, erased))
        assert found_in(tmp_path, set().union(*map(kept_of, erased))) == set()
        assert found_in(tmp_path, kept_of(3150)) == kept_of(3150)
        assert len(await store.sessions()) == 40
        assert not (await store.health()).faults
    finally:
        await store.close()


async def test_somebody_who_reads_keeps_the_log_from_being_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.sqlite.connection.TRIES", 2)
    store = await open_store(f"sqlite:///{tmp_path}/steno.db")
    reader = sqlite3.connect(tmp_path / "steno.db", isolation_level=None)
    try:
        await store.write(secretive(1))
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM messages").fetchone()
        assert not await store.erasures.erase(uid(1))
        reader.execute("COMMIT")
        assert await store.erasures.erase()
        assert found_in(tmp_path, kept_of(1)) == set()
    finally:
        reader.close()
        await store.close()


def test_each_kind_of_content_is_looked_for() -> None:
    assert len(KINDS) == len(set(KINDS)) == len(kept_of(1))


def test_what_another_process_remembers_is_not_trusted(connection: sqlite3.Connection) -> None:
    conversation = Conversation(1)
    writer = Writer(connection)
    writer.commit([conversation.ask("Hello")[0], conversation.answer("Hi!")[0]])
    writer.edit(lambda given: erasing.leave(given, [uid(1)]))
    erase(connection)
    writer.commit(talk(1)[0])
    assert connection.execute("SELECT count(*) FROM messages").fetchone() == (6,)
