import json
from typing import Any

import pytest

from proxy.standin.faults import WELL_BEHAVED, Faults
from proxy.standin.frames import Head, completion, events, pieces
from proxy.standin.replies import Choice, Reply, ToolCall, usage

HEAD = Head("id-1", 7, "m")
TEXT = Reply((Choice(text="one two three"),), usage(3, 4))
CALLS = Reply((Choice(calls=(ToolCall("c1", "f", '{"a": 1}'), ToolCall("c2", "g", "{}"))),), usage(3, 4))


def chunks(reply: Reply = TEXT, faults: Faults = WELL_BEHAVED, *, usage_wanted: bool = False) -> list[Any]:
    frames = events(reply, HEAD, faults, usage_wanted=usage_wanted)
    return [json.loads(frame[6:]) for frame in frames if b"[DONE]" not in frame]


def deltas(reply: Reply, faults: Faults = WELL_BEHAVED) -> list[Any]:
    return [choice["delta"] for chunk in chunks(reply, faults) for choice in chunk["choices"]]


def calls(faults: Faults) -> list[Any]:
    return [call for delta in deltas(CALLS, faults) for call in delta.get("tool_calls", [])]


def test_a_completion_has_the_layout_of_the_wire() -> None:
    body = json.loads(completion(TEXT, HEAD, WELL_BEHAVED))
    assert (body["id"], body["object"], body["created"], body["model"]) == ("id-1", "chat.completion", 7, "m")
    assert body["choices"][0]["message"]["content"] == "one two three"
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["usage"]["total_tokens"] == 7


def test_a_stream_says_what_the_completion_says() -> None:
    assert "".join(delta.get("content") or "" for delta in deltas(TEXT)) == "one two three"
    assert events(TEXT, HEAD, WELL_BEHAVED, usage_wanted=False)[-1] == b"data: [DONE]\n\n"
    assert chunks()[-1]["choices"][0]["finish_reason"] == "stop"


def test_usage_comes_last_without_choices_and_only_when_wanted() -> None:
    assert all("usage" not in chunk for chunk in chunks())
    *before, last = chunks(usage_wanted=True)
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] == 7
    assert all(chunk["usage"] is None for chunk in before)


def test_usage_may_come_the_odd_ways() -> None:
    assert all(chunk["usage"] for chunk in chunks(faults=Faults(usage="every")))
    assert all("usage" not in chunk for chunk in chunks(faults=Faults(usage="never"), usage_wanted=True))
    *before, last = chunks(faults=Faults(usage="with_choices"), usage_wanted=True)
    assert last["choices"][0]["finish_reason"] == "stop"
    assert last["usage"]
    assert not any("usage" in chunk for chunk in before)


def test_several_answers_take_turns() -> None:
    reply = Reply((Choice(text="a b"), Choice(text="c")), usage(1, 1))
    order = [(c["index"], c["delta"].get("content"), c["finish_reason"]) for x in chunks(reply) for c in x["choices"]]
    turns = [(0, "", None), (1, "", None), (0, "a ", None), (1, "c", None), (0, "b", None)]
    assert order == [*turns, (0, None, "stop"), (1, None, "stop")]


def test_calls_come_in_fragments_under_their_index() -> None:
    fragments = calls(WELL_BEHAVED)
    assert [call["index"] for call in fragments] == [0, 0, 0, 1, 1]
    assert "".join(call["function"]["arguments"] for call in fragments[:3]) == '{"a": 1}'
    assert fragments[3]["id"] == "c2"


@pytest.mark.parametrize(
    ("faults", "indexes"),
    [
        (Faults(tool_index="zero"), [0, 0, 0, 0, 0]),
        (Faults(tool_index="drift"), [0, 1, 2, 3, 4]),
        (Faults(tool_index="missing"), [None] * 5),
    ],
)
def test_the_index_of_calls_may_be_odd(faults: Faults, indexes: list[int | None]) -> None:
    assert [call.get("index") for call in calls(faults)] == indexes


def test_an_error_takes_the_place_of_the_rest() -> None:
    frames = events(TEXT, HEAD, Faults(error_after=2), usage_wanted=True)
    assert len(frames) == 3
    assert json.loads(frames[-1][6:])["error"]["code"] == "standin_failure"


def test_endings_may_be_missing_and_lines_may_end_in_crlf() -> None:
    assert all(
        choice["finish_reason"] is None
        for chunk in chunks(faults=Faults(no_finish=True))
        for choice in chunk["choices"]
    )
    frames = events(TEXT, HEAD, Faults(no_done=True, crlf=True), usage_wanted=False)
    assert b"[DONE]" not in frames[-1]
    assert all(frame.endswith(b"\r\n\r\n") for frame in frames)


def test_reasoning_and_refusals_have_deltas_of_their_own() -> None:
    said = deltas(Reply((Choice(reasoning="so so", refusal="no no"),), usage(1, 1)))
    assert "".join(delta.get("reasoning_content") or "" for delta in said) == "so so"
    assert "".join(delta.get("refusal") or "" for delta in said) == "no no"


def test_legacy_completions_have_text_and_no_roles() -> None:
    head = Head("cmpl-1", 7, "m", "text")
    assert json.loads(completion(TEXT, head, WELL_BEHAVED))["choices"][0]["text"] == "one two three"
    frames = [json.loads(frame[6:]) for frame in events(TEXT, head, WELL_BEHAVED, usage_wanted=False)[:-1]]
    assert {frame["object"] for frame in frames} == {"text_completion"}
    assert [frame["choices"][0]["text"] for frame in frames] == ["one ", "two ", "three", ""]


@pytest.mark.parametrize("count", [0, 1, 2, 5, 9])
def test_a_text_comes_in_as_many_pieces_as_asked(count: int) -> None:
    parts = pieces("abcde", count)
    assert len(parts) == count
    assert "".join(parts) == ("abcde" if count else "")
