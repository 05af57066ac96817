"""Times in microseconds, and ids that tell them."""

from __future__ import annotations

import time
from uuid import RFC_4122, UUID

from proxy.clock import id_text, new_id, now

AT = 1_700_000_000_123_456


def test_now_is_in_microseconds() -> None:
    before = time.time_ns() // 1000
    assert before <= now() <= time.time_ns() // 1000


def test_an_id_is_a_uuid_of_version_7() -> None:
    for _ in range(100):
        made = UUID(bytes=new_id(AT))
        assert (made.version, made.variant) == (7, RFC_4122)


def test_an_id_begins_with_its_time_in_milliseconds() -> None:
    assert UUID(bytes=new_id(AT)).int >> 80 == AT // 1000


def test_a_later_id_sorts_behind() -> None:
    ids = [new_id(AT + 1000 * step) for step in range(100)]
    assert ids == sorted(ids)


def test_ids_of_one_moment_differ() -> None:
    assert len({new_id(AT) for _ in range(1000)}) == 1000


def test_an_id_is_written_as_uuids_are() -> None:
    one = new_id(1_700_000_000_000_000)
    assert id_text(one).decode() == str(UUID(bytes=one))
