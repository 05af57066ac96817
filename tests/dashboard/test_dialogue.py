"""Which part of which branch a page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.dashboard.dialogue import LEAD, PAGE, Spot, after, choose, follow, partial, read
from storage.browsing import Running, Twig
from tests.cli.recordings import FORKED
from tests.cli.rows import NOON, id_of
from tests.dashboard.visitors import stored

LONG = [Twig(number, number - 1) for number in range(1, 101)]
FORK = [Twig(1, 0), Twig(2, 1), Twig(3, 2), Twig(4, 2)]


def test_a_page_begins_with_the_end_of_the_latest_branch() -> None:
    chosen = choose(LONG, Spot())
    assert chosen is not None
    assert (chosen.start, chosen.length, len(chosen.steps), chosen.last) == (60, 100, PAGE, 100)


def test_a_page_may_begin_anywhere() -> None:
    for start, begins in ((0, 0), (10, 10), (99, 99), (10**9, 99)):
        chosen = choose(LONG, Spot(start=start))
        assert chosen is not None
        assert chosen.start == begins


def test_a_message_is_shown_with_some_before_it() -> None:
    chosen = choose(LONG, Spot(message=30))
    assert chosen is not None
    assert chosen.start == 29 - LEAD
    assert 30 in [step.message.id for step in chosen.steps]


def test_a_message_leads_to_its_branch() -> None:
    for message, number in ((3, 1), (4, 2)):
        chosen = choose(FORK, Spot(message=message))
        assert chosen is not None
        assert (chosen.number, chosen.branches) == (number, 2)


@pytest.mark.parametrize("spot", [Spot(branch=3), Spot(message=9), Spot(branch=1, message=4)])
def test_what_is_not_there_is_none(spot: Spot) -> None:
    assert choose(FORK, spot) is None


def test_an_empty_session_has_an_empty_page() -> None:
    chosen = choose([], Spot())
    assert chosen is not None
    assert chosen.steps == ()
    assert choose([], Spot(message=1)) is None
    assert follow([], Spot()) is None


def test_what_follows_a_message_is_what_its_branch_went_on_with() -> None:
    for spot, ids in ((Spot(1, 2), [3]), (Spot(2, 2), [4]), (Spot(9, 4), []), (Spot(0, 99), [1, 2, 3])):
        chosen = follow(FORK, spot)
        assert chosen is not None
        assert [step.message.id for step in chosen.steps] == ids


async def test_a_page_knows_what_is_before_and_behind_it(tmp_path: Path) -> None:
    async with stored(tmp_path) as store:
        session = await store.session(FORKED)
        assert session is not None
        page = await read(store, session, Spot(start=1), lambda _: None)
        assert page is not None
        assert (page.earlier, page.later) == (0, None)
        missing = await read(store, session, Spot(branch=7), lambda _: None)
        new = await after(store, session, Spot(1, 3), lambda _: None)
    assert missing is None
    assert new is not None
    assert [turn.words.text for turn in new.turns] == ["For love."]


def running(**fields: object) -> Running:
    chunk = b'data: {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hel"}}]}\n\n'
    values = {
        "exchange": id_of(1),
        "at": NOON,
        "dialect": "chat",
        "model": "m",
        "stream": True,
        "tip": 1,
        "data": chunk,
    }
    return Running(**(values | fields))  # type: ignore[arg-type]  # each of them is of its field's type


def test_a_reply_is_read_as_far_as_it_came() -> None:
    assert partial(running()).text == "Hel"


@pytest.mark.parametrize("fields", [{"dialect": "odd"}, {"data": b""}, {"data": b": nothing yet\n\n"}])
def test_a_reply_that_says_nothing_yet_is_empty(fields: dict[str, object]) -> None:
    assert partial(running(**fields)).text == ""
