from msgspec.structs import replace

from proxy.shapes.events import event
from storage.listings import EventRow
from tests.cli.rows import NOON, id_of
from tests.shapes.plain import plain

ROW = EventRow(
    kind="calls",
    row=7,
    id=b"",
    type="tool_call",
    at=NOON,
    session=id_of(1),
    exchange=id_of(2),
    message=3,
    source="assistant",
    text="weather",
    name="weather",
    call_id="call_1",
    arguments='{"place": "Lisbon"}',
    result="",
    rationale="",
    code="",
    ok=True,
    confidence=None,
)


def test_a_call_has_its_arguments_as_json_and_else_as_the_text_that_they_are() -> None:
    assert plain(event(ROW))["arguments"] == {"place": "Lisbon"}
    assert plain(event(replace(ROW, arguments="{broken")))["arguments"] == "{broken"
    assert event(ROW).result is None


def test_an_entry_is_named_by_its_own_id_or_by_its_row() -> None:
    assert event(ROW).id == "calls-7"
    assert event(replace(ROW, id=id_of(4))).id == "019a7c3e-1234-7000-8000-000000000004"


def test_confidence_is_a_number_from_0_to_1() -> None:
    assert event(replace(ROW, confidence=400_000)).confidence == 0.4
