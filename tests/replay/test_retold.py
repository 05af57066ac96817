"""Answers written anew."""

from __future__ import annotations

import json

import msgspec

from proxy.replay.retold import retold
from storage.upkeep import Take

TAKE = Take(b"\x01" * 16, "/chat/completions", "chat", "m", True, 200, b"", 0, 5_000_000, 0, 0)
ANSWERED = msgspec.structs.replace(TAKE, answers=(b'{"role":"assistant","content":"Yes."}',))


def test_an_answer_comes_whole_or_in_frames() -> None:
    (whole,) = retold(ANSWERED, stream=False)
    told = json.loads(whole)
    assert (told["model"], told["created"], told["choices"][0]["message"]["content"]) == ("m", 5, "Yes.")
    assert len(retold(ANSWERED, stream=True)) > 1


def test_a_reply_has_its_own_id_where_that_is_known() -> None:
    named = msgspec.structs.replace(ANSWERED, reply_id="chatcmpl-1", answered_by="m-1")
    assert json.loads(retold(named, stream=False)[0])["id"] == "chatcmpl-1"
    assert json.loads(retold(named, stream=False)[0])["model"] == "m-1"
    assert json.loads(retold(ANSWERED, stream=False)[0])["id"] == f"replay-{'01' * 16}"


def test_where_nobody_converses_texts_are_the_answers() -> None:
    take = msgspec.structs.replace(TAKE, dialect="completions", said=("One", "Two"))
    assert [one["text"] for one in json.loads(retold(take, stream=False)[0])["choices"]] == ["One", "Two"]


def test_nothing_is_made_up() -> None:
    assert retold(TAKE, stream=True) == []
    assert retold(msgspec.structs.replace(ANSWERED, dialect="embeddings"), stream=False) == []
