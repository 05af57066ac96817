"""Which scene answers a request."""

from __future__ import annotations

import json

from proxy.dialects.chat import Chat
from proxy.dialects.completions import Completions
from proxy.replay.tape import Asked, Scene, Tape, asked
from storage.upkeep import Take

CHAT = Chat()


def take(number: int, *, stream: bool = False) -> Take:
    hash = b"%d" % number
    return Take(hash, "/chat/completions", "chat", "m", stream, 200, hash, 0, 0, 0, 0)


def said(*texts: str, stream: bool = False) -> Asked:
    roles = ["user", "assistant"] * len(texts)
    raws = [json.dumps({"role": role, "content": text}).encode() for role, text in zip(roles, texts, strict=False)]
    body = b'{"model":"m","stream":%s,"messages":[%s]}' % (b"true" if stream else b"false", b",".join(raws))
    return asked(CHAT, raws, CHAT.parse(body))


def test_the_same_body_comes_first_then_the_same_history() -> None:
    tape = Tape([Scene(take(1), said("a")), Scene(take(2), said("a"))])
    assert tape.next(b"2", said("a")) == tape.scenes[1]
    assert [tape.next(b"x", said("a")) for _ in range(3)] == [*tape.scenes, tape.scenes[0]]
    assert tape.next(b"x", said("b")) is None
    assert tape.next(b"x", None) is None


def test_a_stream_is_answered_by_a_stream_if_there_is_one() -> None:
    tape = Tape([Scene(take(1), said("a")), Scene(take(2, stream=True), said("a", stream=True))])
    assert tape.next(b"x", said("a", stream=True)) == tape.scenes[1]
    assert tape.next(b"x", said("a")) == tape.scenes[0]


def test_the_first_message_that_differs_is_named() -> None:
    tape = Tape([Scene(take(1), said("a")), Scene(take(2), said("a", "b", "c"))])
    assert tape.why_not(said("a", "b", "x" * 200)).startswith("Message 3 is the first that differs: user 'xxx")
    assert tape.why_not(said("a", "b")).endswith("none in the request, user 'c' on the record.")
    assert tape.why_not(said("a", "b", "c", "d")).endswith("assistant 'd' in the request, none on the record.")


def test_prompts_that_are_no_conversation_are_told_apart() -> None:
    dialect = Completions()

    def prompted(prompt: object, **more: object) -> Asked:
        body = json.dumps({"model": "m", "prompt": prompt, **more}).encode()
        return asked(dialect, (), dialect.parse(body))

    prompts: list[object] = ["once", "twice", [1, 2], [1, 3]]
    tape = Tape([Scene(take(at), prompted(prompt)) for at, prompt in enumerate(prompts)])
    assert [tape.next(b"x", prompted(prompt)) for prompt in prompts] == list(tape.scenes)
    assert tape.next(b"x", prompted("twice", max_tokens=9)) == tape.scenes[1]
    assert tape.next(b"x", prompted([1, 4])) is None
    assert "user 'thrice' in the request" in tape.why_not(prompted("thrice"))


def test_the_same_messages_after_another_reply_and_another_format_are_told() -> None:
    tape = Tape([Scene(take(1), said("a"))])
    assert "after another reply" in tape.why_not(Asked("chat", said("a").lines, previous="resp_1"))
    assert tape.why_not(Asked("responses", ())) == "Nothing is on the record in this format."
