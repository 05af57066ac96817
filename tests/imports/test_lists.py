"""Lists of messages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.imports.lists import NoConversation, conversations

TALK = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]


@pytest.mark.parametrize(("value", "count"), [(TALK, 1), ({"messages": TALK}, 1), ([TALK, {"messages": TALK}], 2)])
def test_a_list_an_object_and_a_list_of_either_are_conversations(value: Any, count: int) -> None:
    found = list(conversations(value))
    assert len(found) == count
    assert [json.loads(step.raw) for step in found[0].steps] == TALK


def test_title_model_and_times_are_taken_along() -> None:
    (found,) = conversations({"messages": [{**TALK[0], "timestamp": 5}], "title": "T", "model": "m"})
    assert (found.title, found.model, found.steps[0].at) == ("T", "m", 5_000_000)


@pytest.mark.parametrize("value", [[], {}, 7, {"messages": [7]}, [{"role": "user"}, {"content": "x"}]])
def test_what_is_none_says_why(value: Any) -> None:
    with pytest.raises(NoConversation, match=r"no list of messages|has no role"):
        list(conversations(value))
