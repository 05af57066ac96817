"""What a reply leaves behind."""

from __future__ import annotations

import sqlite3

from storage.records import Call, Planned, Record
from storage.sqlite.writing import Writer
from tests.storage.samples import closed, digest, link, opened


def test_one_plain_answer_needs_no_list_of_its_own(connection: sqlite3.Connection) -> None:
    ask = opened(1, (link("user", "Hello"),))
    one, two = link("assistant", "Hi", ask.tip), link("assistant", "Hey", ask.tip)
    again = opened(2, (), 1, tip=ask.tip)
    Writer(connection).commit([ask, closed(1, (one,)), again, closed(2, (one, two))])
    first, second = connection.execute("SELECT answer, answers FROM exchanges ORDER BY id").fetchall()
    assert first == (2, None)
    assert second[0] == 2
    assert second[1] is not None


def test_landmarks_stand_for_an_answer_or_not_at_all(connection: sqlite3.Connection) -> None:
    ask = opened(1, (link("user", "Hello"),))
    answer = link("assistant", "Hi", ask.tip)
    records: list[Record] = [
        ask,
        closed(1, landmarks=(digest(b"a"),)),
        opened(2, (), 1),
        closed(2, (answer,), landmarks=(digest(b"b"), digest(b"c"))),
    ]
    Writer(connection).commit(records)
    assert {found for (found,) in connection.execute("SELECT digest FROM landmarks")} == {digest(b"b"), digest(b"c")}


def test_a_call_of_no_message_that_was_answered_is_left_out(connection: sqlite3.Connection) -> None:
    Writer(connection).commit([opened(1), closed(1, calls=(Call("c", "f", "{}", b"none"),))])
    assert connection.execute("SELECT count(*), max(tool_calls) FROM tool_calls, sessions").fetchone()[0] == 0
    assert connection.execute("SELECT tool_calls FROM sessions").fetchone() == (0,)


def test_an_answer_that_comes_late_leaves_alone_how_it_was_asked_for(connection: sqlite3.Connection) -> None:
    ask, fetch = opened(1, (link("user", "Hello"),)), opened(2, (), 1)
    asked = closed(1, forwarded_hash=b"h", adds_usage=True, planned=Planned(9, 4, b"plan"))
    late = closed(1, (link("assistant", "Hi", ask.tip),))
    Writer(connection).commit([ask, asked, fetch, closed(2, late=late)])
    found = connection.execute(
        "SELECT answer, forwarded_hash, adds_usage, sent_tokens, plan IS NULL FROM exchanges WHERE id = 1"
    ).fetchone()
    assert found == (2, b"h", 1, 9, 0)
