"""What a writer remembers is what stands in the store, whoever else writes to it."""

from __future__ import annotations

import sqlite3

import pytest

from storage.sqlite import rows as module
from storage.sqlite.rows import Known, Rows
from tests.storage.samples import blob, link, uid


@pytest.fixture
def rows(connection: sqlite3.Connection) -> Rows:
    return Rows(connection)


def test_what_is_remembered_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 2)
    known = Known[bytes]()
    for key in (b"a", b"b", b"c"):
        known.add(key, 1)
    assert list(known) == [b"c"]


def test_a_row_is_the_same_remembered_or_looked_up(rows: Rows) -> None:
    said = link("user", "Hello")
    owner = rows.owner(b"o", 1)
    first = owner, rows.message(said).row, rows.prompt(b"p", None, b"")
    session = rows.add_session(uid(1), owner, (None, None, None, "", "", b"", 1, 1))
    for _ in range(2):
        assert (rows.owner(b"o", 1), rows.message(said).row, rows.prompt(b"p", None, b"")) == first
        assert rows.session(uid(1), owner) == session
        assert rows.session(uid(1), 99) is None
        rows.forget()


def test_content_is_kept_once_remembered_or_looked_up(rows: Rows) -> None:
    for _ in range(2):
        rows.keep(blob("x", b"y"))
        rows.keep(blob("x", b"y"))
        rows.forget()
    assert rows.connection.execute("SELECT count(*) FROM blobs").fetchone() == (1,)


def test_open_exchanges_are_remembered_up_to_a_limit(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 1)
    one, two = module.Exchange(1, None, None, again=False), module.Exchange(2, None, None, again=False)
    rows.add_exchange(uid(1), one)
    rows.add_exchange(uid(2), two)
    assert rows.take_exchange(uid(2)) == two
    assert rows.take_exchange(uid(1)) is None
