"""That the index offers all that the check would accept, and no more is read than must be."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.inquiries import Inquiry
from storage.migrate import migrate
from storage.sqlite.indexing import index
from storage.sqlite.searching import search
from storage.sqlite.terms import fold

LETTERS = st.text(
    st.sampled_from("abAéÉßçñ\"*^:-(){} '你好世界タガワがиПйё한국\U0001f642İ\u03c3\u03c2"), min_size=1, max_size=24
)

EMPTY = """
DELETE FROM messages; DELETE FROM exchanges; DELETE FROM sessions; DELETE FROM places;
DELETE FROM documents; DELETE FROM terms; DELETE FROM waiting;
INSERT INTO grams (grams) VALUES ('delete-all'); INSERT INTO words (words) VALUES ('delete-all');
UPDATE indexed SET message = 0;
"""


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, "storage.sqlite")
    yield connection
    connection.close()


@settings(max_examples=150, deadline=None)
@given(LETTERS, st.data())
def test_every_part_of_a_text_finds_it_through_the_index(
    connection: sqlite3.Connection, text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    needle = text[start : data.draw(st.integers(start + 1, len(text)))].replace('"', " ")
    with_index(connection, text)
    found = [hit.text for hit in search(connection, Inquiry(f'"{needle}"')).hits]
    # A folded letter may join with the one after it: then the part isn't one of the folded text's.
    assert found == ([text] if needle.strip() and fold(needle).strip() in fold(text) else [])


def with_index(connection: sqlite3.Connection, text: str) -> None:
    """Let this be the only text, and indexed."""
    connection.executescript(EMPTY)
    connection.execute(
        "INSERT INTO messages (id, digest, role, body, text, tokens, lone) VALUES (1, x'01', 'user', x'', ?, 1, x'')",
        (text,),
    )
    connection.execute("INSERT INTO sessions (id, uid, owner, created_at, updated_at) VALUES (1, x'02', 1, 1, 1)")
    connection.execute(
        "INSERT INTO exchanges (id, uid, owner, match, at, method, path, dialect, provider, model, stream, parsed, "
        "user_agent, body_hash, body_bytes) VALUES (1, x'03', 1, '', 1, '', '', '', '', '', 0, 1, '', x'', 0)"
    )
    connection.execute("INSERT INTO places (session, message, exchange, relayed, continued) VALUES (1, 1, 1, 0, 0)")
    assert index(connection, 9) == 0


@pytest.mark.parametrize("order", ["newest", "rank"])
def test_what_stands_nowhere_any_longer_is_no_hit(connection: sqlite3.Connection, order: str) -> None:
    with_index(connection, "a whale")
    connection.execute("DELETE FROM places")
    assert search(connection, Inquiry("whale", order=order)).hits == ()


def test_the_commonest_word_is_not_read_to_its_end(connection: sqlite3.Connection) -> None:
    with_index(connection, "the first")
    rows = [(number, number.to_bytes(4, "big")) for number in range(2, 20_000)]
    connection.executemany(
        "INSERT INTO messages (id, digest, role, body, text, tokens, lone) "
        "VALUES (?, ?, 'user', x'', 'the whale', 1, x'')",
        rows,
    )
    connection.executemany(
        "INSERT INTO places (session, message, exchange, relayed, continued) VALUES (1, ?, 1, 0, 0)",
        [(number,) for number, _ in rows],
    )
    while index(connection, 5000):
        pass
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.set_progress_handler(count, 100)
    assert [hit.message for hit in search(connection, Inquiry("the", limit=3)).hits] == [19_999, 19_998, 19_997]
    connection.set_progress_handler(None, 100)
    assert steps < 20
