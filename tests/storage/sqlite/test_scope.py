"""What a search is narrowed to."""

from __future__ import annotations

import sqlite3

import pytest
from msgspec.structs import replace as changed

from storage.inquiries import Inquiry
from storage.sqlite.indexing import Document, mark
from storage.sqlite.scope import scope

WHALE = Document(1, 0, 1, "message", "user", 1, "gpt", 50, "whale")


@pytest.fixture
def owned(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("INSERT INTO owners (id, hash, created_at) VALUES (1, x'01', 1), (2, x'02', 1)")
    connection.execute("INSERT INTO sessions (id, uid, owner, created_at, updated_at) VALUES (5, x'05', 1, 1, 1)")
    return connection


@pytest.mark.parametrize(
    ("asked", "admitted"),
    [
        ({}, True),
        ({"owner": b"\x01", "role": "user", "type": "message", "model": "gpt", "since": 50, "until": 51}, True),
        ({"owner": b"\x02"}, False),
        ({"role": "tool"}, False),
        ({"type": "error"}, False),
        ({"model": "o1"}, False),
        ({"since": 51}, False),
        ({"until": 50}, False),
    ],
)
def test_filters_admit_what_they_name(owned: sqlite3.Connection, asked: dict[str, object], admitted: bool) -> None:
    within = scope(owned, changed(Inquiry("whale"), **asked))
    assert within is not None
    assert within.admits(WHALE) is admitted


def test_the_index_knows_the_filters_by_their_marks(owned: sqlite3.Connection) -> None:
    within = scope(owned, Inquiry("whale", owner=b"\x02", role="tool"))
    assert within is not None
    assert within.marks == f'marks : "{mark("o", 2)}" AND marks : "{mark("r", "tool")}"'


@pytest.mark.parametrize("asked", [{"owner": b"\x09"}, {"session": b"\x09"}])
def test_who_is_not_there_holds_nothing(owned: sqlite3.Connection, asked: dict[str, bytes]) -> None:
    assert scope(owned, changed(Inquiry("whale"), **asked)) is None


def test_a_session_holds_its_messages_and_exchanges(owned: sqlite3.Connection) -> None:
    owned.execute("INSERT INTO places (session, message, exchange, relayed, continued) VALUES (5, 1, 1, 0, 0)")
    within = scope(owned, Inquiry("whale", session=b"\x05"))
    assert within is not None
    assert within.holds(owned, WHALE)
    assert not within.holds(owned, Document(2, 1, 1, "error", "system", 1, "gpt", 50, "whale"))
