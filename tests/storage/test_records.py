"""Records go through the spool as MessagePack and come back equal."""

from __future__ import annotations

import msgspec
import pytest

from storage.records import Checkpointed, Lost, Record
from tests.storage.samples import Conversation, called, closed, opened, uid

TALK = Conversation(1)


@pytest.mark.parametrize(
    "record",
    [
        TALK.ask("Hello")[0],
        TALK.answer("Hi")[0],
        opened(1),
        closed(1),
        called(1, b""),
        Checkpointed(uid(1), 0, b"\xff\x00"),
        Lost(1, 2, "full"),
    ],
)
def test_a_record_comes_back_equal_from_messagepack(record: Record) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=Record) == record


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        opened(1).at = 2  # type: ignore[misc]
