"""What was sent beside what was given."""

from __future__ import annotations

import json
from typing import Any

from proxy.dashboard.sides import AROUND, LISTED, SEEN, Row, Side, pretty, sides

TEXTS = ("One", "Two", "Three", "Four")


def said(role: str, content: Any, **more: str) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def body(*messages: Any, **fields: Any) -> bytes:
    return json.dumps({"model": "m", **fields, "messages": list(messages)}).encode()


TALK = [said("user", "One"), said("assistant", "Two"), said("user", "Three"), said("user", "Four")]


def side(name: str, *pieces: tuple[str, bool]) -> Side:
    return Side(name, pieces)


def test_equal_bodies_have_nothing_to_show_but_their_messages() -> None:
    assert sides(body(*TALK), body(*TALK)) == []
    assert sides(b'{"messages": [1, 2]}', b'{"messages": [1, 2] }') == [Row("same", same=2)]


def test_what_takes_the_place_of_messages_stands_beside_them() -> None:
    gone = side("user", ("One", True)), side("assistant", ("Two", True))
    assert sides(body(*TALK), body(said("user", "In short."), *TALK[2:])) == [
        Row("changed", gone, (side("user", ("In short.", True)),)),
        Row("same", same=2),
    ]


def test_what_is_only_on_one_side_stands_alone() -> None:
    fewer, more = sides(body(*TALK), body(*TALK[1:])), sides(body(*TALK[1:]), body(*TALK))
    assert fewer == [Row("gone", (side("user", ("One", True)),)), Row("same", same=3)]
    assert more == [Row("new", (), (side("user", ("One", True)),)), Row("same", same=3)]


def test_of_a_message_with_something_put_in_front_only_that_is_marked() -> None:
    given = [said("user", "In short."), TALK[2], said("user", "Recalled.\nFour")]
    rows = sides(body(*TALK), body(*given))
    assert rows[-2:] == [
        Row("same", same=1),
        Row("changed", (side("user", ("Four", False)),), (side("user", ("Recalled.\n", True), ("Four", False)),)),
    ]


def test_a_result_that_was_shortened_shows_where() -> None:
    long = "a" * 500 + "b" * 9000 + "c" * 900
    rows = sides(body(TALK[0], said("tool", long)), body(TALK[0], said("tool", long.replace("b" * 9000, "[…]"))))
    (left,), (right,) = rows[1].left, rows[1].right
    assert left.pieces == (
        ("…" + "a" * AROUND, False),
        ("b" * SEEN + "…", True),
        ("c" * 2 * AROUND + "…", False),
    )
    assert right.pieces[1] == ("[…]", True)


def test_fields_stand_before_messages() -> None:
    rows = sides(body(*TALK, model="one"), body(*TALK, model="two", more=1))
    assert rows[0] == Row(
        "changed",
        (side("model", ('"', False), ("one", True), ('"', False)),),
        (side("model", ('"', False), ("two", True), ('"', False)),),
    )
    assert rows[1] == Row("changed", (side("more"),), (side("more", ("1", True)),))


def test_what_says_nothing_is_shown_as_it_is() -> None:
    (row,) = sides(b'{"input": [{"type": "call"}, 1]}', b'{"input": []}')
    assert row.left == (side("call", ('{"type": "call"}', True)), side("", ("1", True)))


def test_very_many_messages_that_differ_are_not_matched() -> None:
    ours, theirs = (
        [said("user", f"a{one}") for one in range(2100)],
        [said("assistant", f"b{one}") for one in range(2100)],
    )
    (row,) = sides(body(*ours), body(*theirs))
    assert (row.look, len(row.left) + row.more, len(row.right)) == ("changed", 2100, 2100)
    assert [one.pieces[0][0] for one in row.left[-2:]] == [f"a{LISTED - 2}", "a2099"]


def test_what_is_no_json_is_shown_as_it_is() -> None:
    assert pretty(b"no \xff json") == "no \ufffd json"
    assert pretty(b'{"a":1}') == '{\n  "a": 1\n}'
