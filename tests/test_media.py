"""Images and sounds taken out of what is new in a history, and out of replies."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from proxy.chain import SIZE, Chained, Chainer, Memo
from proxy.dialects.chat import Chat
from proxy.media import described, lifted, lifted_reply
from proxy.messages import Message, Part
from storage.holes import fill, tell
from storage.records import Closed, Link

CHAT = Chat()
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (640).to_bytes(4, "big") + (480).to_bytes(4, "big") + b"pixels" * 50
URL = f"data:image/png;base64,{b64encode(PNG).decode()}"
LIMIT = 1 << 20


def counted(raw: bytes, _: Message) -> int:
    return len(raw)


def pictured(url: str = URL, role: str = "user") -> dict[str, Any]:
    return {
        "role": role,
        "content": [{"type": "text", "text": "See?"}, {"type": "image_url", "image_url": {"url": url}}],
    }


def chained(*messages: Any, limit: int = LIMIT, memo: Memo | None = None) -> Chained:
    body = json.dumps({"model": "m", "messages": messages}).encode()
    chainer = Chainer(b"o" * SIZE, CHAT.read_message, CHAT.role, counted, memo if memo is not None else Memo())
    return lifted(chainer.chain(body, CHAT.parse(body)), limit)


def test_an_image_is_taken_out_and_kept_beside() -> None:
    found = chained(pictured())
    (blob,) = found.media
    (linked,) = found.links
    assert (blob.kind, blob.data) == ("media", PNG)
    assert [part.data for part in linked.message.parts] == [b"", b""]
    assert f"[image 640x480 png 324 bytes #{blob.hash.hex()[:8]}]".encode() in tell(linked.raw)
    assert fill(linked.raw, {blob.hash: PNG}.__getitem__) == json.dumps(pictured()).encode()


def test_the_same_image_is_kept_once() -> None:
    assert len(chained(pictured(), pictured()).media) == 1


def test_a_history_is_known_by_the_image_itself() -> None:
    other = f"data:image/png;base64,{b64encode(PNG + b'!').decode()}"
    assert chained(pictured()).end.tip != chained(pictured(other)).end.tip


def test_an_image_of_an_earlier_turn_is_not_touched_again() -> None:
    memo = Memo()
    answer = {"role": "assistant", "content": "Yes."}
    assert chained(pictured(), memo=memo).media
    chained(pictured(), answer, {"role": "user", "content": "Why?"}, memo=memo)
    again = chained(pictured(), answer, {"role": "user", "content": "Why?"}, answer, memo=memo)
    assert (again.prefix.length, again.media) == (3, ())


def test_a_history_without_content_is_the_very_same() -> None:
    plain = chained({"role": "user", "content": "hi"})
    assert lifted(plain, LIMIT) is plain


def test_beyond_the_limit_only_hash_type_and_size_are_left() -> None:
    found = chained(pictured(), limit=len(PNG) - 1)
    assert found.media == ()
    assert b"image 640x480 png 324 bytes" in tell(found.links[0].raw)
    assert b", not kept]" in tell(found.links[0].raw)


def test_a_system_message_keeps_its_own() -> None:
    assert chained(pictured(role="system"), {"role": "user", "content": "hi"}).media == ()


def test_content_that_is_not_written_as_it_would_be_stays_in_its_message() -> None:
    found = chained(pictured(URL.replace("iVBOR", "\\u0069VBOR")))
    assert found.media == ()
    odd = json.dumps(pictured()).replace("iVBOR", "\\u0069VBOR")
    body = f'{{"model":"m","messages":[{odd}]}}'.encode()
    chainer = Chainer(b"o" * SIZE, CHAT.read_message, CHAT.role, counted, Memo())
    (linked,) = lifted(chainer.chain(body, CHAT.parse(body)), LIMIT).links
    assert (linked.raw, [part.data for part in linked.message.parts]) == (odd.encode(), [b"", b""])


def test_the_images_and_the_sound_of_a_reply_are_taken_out_too() -> None:
    images = [{"type": "image_url", "image_url": {"url": URL}}]
    audio = {"id": "a1", "data": b64encode(b"sound" * 20).decode(), "transcript": "Hi"}
    body = json.dumps({"role": "assistant", "content": "Here.", "images": images, "audio": audio}).encode()
    message = CHAT.read_message(body)
    record = Closed(b"e", 1, "complete", replies=(Link("assistant", body),))
    closed, (lean,) = lifted_reply(record, (message,), LIMIT)
    assert {blob.data for blob in closed.blobs} == {PNG, b"sound" * 20}
    assert (lean.text, [part.data for part in lean.parts]) == ("Here.Hi", [b"", b"", b""])
    assert fill(closed.replies[0].body, {blob.hash: blob.data for blob in closed.blobs}.__getitem__) == body


def test_a_reply_without_content_is_as_it_was() -> None:
    body = b'{"role":"assistant","content":"Here."}'
    record = Closed(b"e", 1, "complete", replies=(Link("assistant", body),))
    assert lifted_reply(record, (CHAT.read_message(body),), LIMIT) == (record, (CHAT.read_message(body),))


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (Part("image_url", media_type="image/png", data=PNG), "image 640x480 png"),
        (Part("input_image", media_type="image/webp", data=b"?"), "image webp"),
        (Part("input_audio", media_type="wav", data=b"?"), "audio wav"),
        (Part("file", media_type="application/pdf", data=b"?"), "file pdf"),
        (Part("audio", data=b"?"), "audio"),
        (Part('im"age', media_type='a/"\\]' + "x" * 99, data=b"?"), "image " + "x" * 40),
    ],
)
def test_content_is_described_in_words(part: Part, words: str) -> None:
    assert described(part) == words
