"""When segments close, as entries are taken in."""

from __future__ import annotations

from proxy.compaction import Planner
from proxy.meter import Meter
from proxy.prices import PriceBook
from proxy.sessions.segmenting import Line, Step, followed, line_of
from proxy.shares import Budget
from proxy.tokens import Tokenizer
from proxy.tracks import Track
from storage.opening import open_store
from tests.cli.rows import message_row
from tests.talks import chat, heard, planner

THRESHOLD = 200
TALK = heard(chat(12))


def begun() -> Step:
    return Step(planner(THRESHOLD), None, Line(Track(budget=Budget(THRESHOLD)), b"owner"))


def test_a_closing_is_told_once() -> None:
    step, base, told = begun(), b"owner", []
    for one in TALK:
        step = Step(step.planner, step)
        told.append(step.take(base, [one]))
        base = one.digest
    digests = [planned.closing.digest for planned in told if planned and planned.closing]
    assert len(set(digests)) == len(digests) > 1


def test_to_be_asked_again_changes_nothing() -> None:
    step = Step(planner(THRESHOLD), begun())
    assert [step.take(b"owner", TALK[:1]) for _ in range(2)] == [None, None]
    assert step.line is not None
    assert (step.line.tip, step.line.track.length) == (TALK[0].digest, 1)


def test_where_another_one_spoke_in_between_the_line_is_lost() -> None:
    step = Step(planner(THRESHOLD), begun())
    assert step.take(b"elsewhere", TALK[:1]) is None
    assert step.line is None
    assert Step(planner(THRESHOLD), step).take(TALK[0].digest, []) is None


def test_a_planner_that_fails_costs_the_summary_alone() -> None:
    def count(_: str) -> int:
        raise ZeroDivisionError

    step = Step(Planner(Budget(THRESHOLD), count), begun())
    assert step.take(b"owner", TALK) is None
    assert step.line is None


def test_the_line_ends_at_the_latest_message() -> None:
    rows = [message_row(1, 0, "user", "One?"), message_row(2, 1, "user", "Two?"), message_row(3, 1, "user", "Three?")]
    assert [row.id for row in line_of(rows)] == [1, 3]
    assert line_of([]) == []


async def test_an_empty_line_begins_at_its_owner() -> None:
    store = await open_store("sqlite://:memory:")
    meter = Meter(Tokenizer(), PriceBook({}))
    assert (await followed(store, [], b"owner", planner(THRESHOLD), meter)).tip == b"owner"
    await store.close()
