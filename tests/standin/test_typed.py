import json
from typing import Any

from proxy.standin.faults import WELL_BEHAVED, Faults
from proxy.standin.items import Head, output, prompted, read_request
from proxy.standin.replies import reply_to
from proxy.standin.typed import typed_events


def frames(faults: Faults = WELL_BEHAVED, **fields: Any) -> list[bytes]:
    request = read_request(json.dumps({"input": "Count to 3", **fields}).encode())
    head = Head("s1", 7, request)
    items = output(reply_to(prompted(request, []), faults, "s1"), head)
    return typed_events(head, head.response("completed", items), faults)


def told(faults: Faults = WELL_BEHAVED, **fields: Any) -> list[dict[str, Any]]:
    return [json.loads(frame.partition(b"data: ")[2]) for frame in frames(faults, **fields)]


def kinds(faults: Faults = WELL_BEHAVED, **fields: Any) -> list[str]:
    return [event["type"].removeprefix("response.") for event in told(faults, **fields)]


def test_events_are_named_and_numbered() -> None:
    events = told()
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert frames()[0].startswith(b'event: response.created\ndata: {"type":"response.created"')
    assert frames(Faults(crlf=True))[0].endswith(b"}\r\n\r\n")


def test_a_text_comes_in_pieces_between_its_beginnings_and_ends() -> None:
    assert kinds(Faults(frames=1)) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    deltas = [event["delta"] for event in told() if event["type"].endswith("delta")]
    assert "".join(deltas) == "1, 2, 3."


def test_calls_reasoning_and_refusals_have_events_of_their_own() -> None:
    assert {"function_call_arguments.delta", "function_call_arguments.done"} <= set(kinds(Faults(tool="f")))
    assert {"reasoning_summary_part.added", "reasoning_summary_text.delta"} <= set(kinds(Faults(reasoning=True)))
    assert {"refusal.delta", "refusal.done"} <= set(kinds(Faults(refusal=True)))


def test_a_stream_may_lack_its_end_or_break_with_an_error() -> None:
    assert kinds(Faults(no_done=True))[-1] == "output_item.done"
    assert kinds(Faults(error_after=2)) == ["created", "in_progress", "error"]


def test_a_background_response_is_queued_first() -> None:
    assert told(background=True)[0]["response"]["status"] == "queued"
