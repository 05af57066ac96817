"""What chats and completions tell around their choices."""

from __future__ import annotations

import json

import pytest

from proxy.messages import Usage
from tests.dialects.rendering.retold import assembled, payloads, told, whole

SAID = {"chat": {"role": "assistant", "content": "Yes."}, "completions": "Yes."}


@pytest.mark.parametrize("dialect", SAID)
def test_usage_is_told_only_where_it_is_wanted_and_known(dialect: str) -> None:
    assert assembled(dialect, told(SAID[dialect]), usage=False).usage is None
    unknown = told(SAID[dialect], usage=Usage(completion=4))
    assert assembled(dialect, unknown).usage is None
    assert whole(dialect, unknown).usage is None


def test_usage_comes_alone_before_the_end() -> None:
    *chunks, last, end = payloads("chat", told(SAID["chat"], usage=Usage(3, 4)))
    assert end == b"[DONE]"
    assert json.loads(last)["choices"] == []
    assert json.loads(last)["usage"] == {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    assert {json.loads(chunk)["usage"] for chunk in chunks} == {None}
