"""Responses written anew are read as what was recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.dialects.responses_items import read_answer
from proxy.messages import Usage
from tests.dialects.rendering.retold import USED, assembled, both, payloads, told, whole

Item = dict[str, Any]

PART: Item = {"type": "output_text", "text": "Two words.\n\nAnd  more é 漢字 ", "annotations": [], "logprobs": []}
SAID: Item = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [PART]}
CALL: Item = {
    "id": "fc_1",
    "type": "function_call",
    "status": "completed",
    "call_id": "call_1",
    "name": "look",
    "arguments": '{"at": "it"}',
}
ANSWERS: list[list[Item]] = [
    [SAID],
    [
        {
            "id": "rs_1",
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "Briefly."}, {"type": "summary_text", "text": "Then."}],
            "content": [{"type": "reasoning_text", "text": "At length."}],
            "encrypted_content": "eA==",
        },
        SAID,
        CALL,
    ],
    [{**SAID, "content": [{"type": "refusal", "refusal": "I can't."}]}],
    [{**SAID, "content": [{**PART, "annotations": [{"type": "url_citation", "url": "u", "title": "t"}]}, PART]}],
    [{**SAID, "content": [{"type": "output_hologram", "beam": 1}]}],
    [{"id": "ct_1", "type": "custom_tool_call", "call_id": "call_2", "name": "patch", "input": "*** Begin"}],
    [{"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q"}}],
    [{"type": "function_call", "call_id": "call_3", "name": "bare", "arguments": ""}],
    [{"id": "ci_1", "type": "code_interpreter_call", "code": None, "outputs": None}],
]


def spelt(items: list[Item]) -> str:
    return ",".join(map(json.dumps, items))


def events(items: list[Item]) -> list[Item]:
    return [json.loads(data) for data in payloads("responses", told(spelt(items)))]


@pytest.mark.parametrize("items", ANSWERS, ids=lambda items: " ".join(item["type"] for item in items))
def test_a_stream_and_a_plain_reply_say_what_was_said(items: list[Item]) -> None:
    for reply in both("responses", told(spelt(items))):
        assert reply.choices[0].message == read_answer(spelt(items).encode())
        assert reply.choices[0].body == spelt(items).encode()
        assert (reply.id, reply.handle, reply.model) == ("id-1", "id-1", "m")
        assert (reply.complete, reply.usage) == (True, USED)


@pytest.mark.parametrize("items", ANSWERS, ids=lambda items: " ".join(item["type"] for item in items))
def test_a_stream_that_is_cut_before_its_end_brought_all_items(items: list[Item]) -> None:
    done = [event["item"] for event in events(items) if event["type"] == "response.output_item.done"]
    assert done == items


def test_deltas_alone_make_each_text() -> None:
    texts: dict[tuple[Any, ...], str] = {}
    for event in events(ANSWERS[1]):
        if event["type"].endswith(".delta"):
            place = event["output_index"], event.get("content_index"), event.get("summary_index")
            texts[place] = texts.get(place, "") + event["delta"]
    assert list(texts.values()) == ["Briefly.", "Then.", "At length.", PART["text"], CALL["arguments"]]


def test_events_are_numbered_and_named() -> None:
    told_events = events(ANSWERS[1])
    assert [event["sequence_number"] for event in told_events] == list(range(len(told_events)))
    assert [event["type"] for event in told_events][:3] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
    ]


def test_an_item_begins_empty() -> None:
    begun = [event["item"] for event in events(ANSWERS[1]) if event["type"] == "response.output_item.added"]
    assert (begun[0]["summary"], begun[0]["content"]) == ([], [])
    assert (begun[1]["status"], begun[1]["content"]) == ("in_progress", [])
    assert begun[2]["arguments"] == ""


@pytest.mark.parametrize(
    ("reason", "items", "status", "expected"),
    [
        ("", [SAID], "completed", "stop"),
        ("stop", [SAID], "completed", "stop"),
        ("tool_calls", [CALL], "completed", "tool_calls"),
        ("max_output_tokens", [SAID], "incomplete", "max_output_tokens"),
        ("failed", [SAID], "failed", "failed"),
        ("cancelled", [SAID], "cancelled", "cancelled"),
    ],
)
def test_a_reason_is_told_as_a_status(reason: str, items: list[Item], status: str, expected: str) -> None:
    given = told(spelt(items), finish_reason=reason)
    assert json.loads(payloads("responses", given)[-1])["response"]["status"] == status
    for reply in both("responses", given):
        assert reply.choices[0].finish_reason == expected
        assert bool(reply.error) == (status == "failed")


def test_usage_is_told_where_it_is_known() -> None:
    unknown = told(spelt([SAID]), usage=Usage(completion=4))
    assert whole("responses", unknown).usage is None
    assert assembled("responses", unknown).usage is None
