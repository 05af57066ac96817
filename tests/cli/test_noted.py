"""What was posted, as a person reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from proxy.cli.noted import noted
from storage.listings import EventRow
from storage.records import Posted
from tests.cli.commands import steno
from tests.cli.recordings import forked, record
from tests.cli.rows import NOON, SECOND, id_of


def row(kind: str, text: str, **fields: Any) -> EventRow:
    values: dict[str, Any] = {
        "kind": "posted",
        "row": 1,
        "id": id_of(9),
        "type": kind,
        "at": NOON,
        "session": id_of(1),
        "exchange": b"",
        "message": 0,
        "source": "assistant",
        "text": text,
        "name": "",
        "call_id": "",
        "arguments": "",
        "result": "",
        "rationale": "",
        "code": "",
        "ok": None,
        "confidence": None,
    }
    return EventRow(**(values | fields))


def lines(entry: EventRow, *, full: bool = False) -> list[str]:
    return [line.plain for line in noted(entry, full=full)][1:]


def test_a_decision_is_told_with_its_rationale_and_its_confidence() -> None:
    told = lines(row("decision", "Go south", rationale="whales do", confidence=750_000))
    assert told[0].startswith("◆ decision")
    assert told[0].endswith("75 % sure")
    assert told[1:] == ["  Go south", "  because whales do"]


def test_an_error_is_told_with_its_kind_and_its_context() -> None:
    told = lines(row("error", "No whale", name="lost", arguments='{"since": "noon"}'))
    assert told[1:] == ["  lost: No whale", '  with {"since": "noon"}']


def test_a_tool_that_failed_says_so() -> None:
    assert lines(row("tool_call", "look", name="look", result="fog", ok=False))[1:] == ["  look", "  failed: fog"]


def test_what_is_long_is_cut_unless_all_is_wanted() -> None:
    assert len(lines(row("decision", "long " * 100))[1]) < 160
    assert len(lines(row("decision", "long " * 100), full=True)[1]) > 400


async def test_a_conversation_shows_what_was_posted_where_it_came(tmp_path: Path) -> None:
    early = Posted(
        id_of(300), id_of(1), NOON + 100 * SECOND + 1, "decision", "assistant", "Go south", rationale="why not"
    )
    late = Posted(id_of(301), id_of(1), NOON + 900 * SECOND, "error", "system", "No whale", "lost")
    url = await record(tmp_path, [*forked(), early, late])
    shown = (await steno("show", "whales", "--store", url)).out
    places = [shown.index(text) for text in ("Long songs.", "because why not", "How long?", "lost: No whale")]
    assert places == sorted(places)
    shape = (await steno("show", "whales", "--json", "--store", url)).json
    assert [one["type"] for one in shape["posted"]] == ["decision", "error"]
