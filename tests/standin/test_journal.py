import asyncio
from base64 import b64decode
from hashlib import sha256

import pytest

from proxy.standin.journal import SMALL, Entry, Journal

SCOPE = {
    "method": "POST",
    "path": "/v1/a b",
    "raw_path": b"/v1/a%20b",
    "query_string": b"q=1",
    "headers": [(b"b", b"1"), (b"a", b"2"), (b"b", b"3")],
}


def test_an_entry_tells_the_request_as_it_arrived() -> None:
    entry = Entry(SCOPE)
    entry.add(b"one")
    entry.add(b"two")
    told = entry.described()
    assert (told["path"], told["query"]) == ("/v1/a%20b", "q=1")
    assert told["headers"] == [["b", "1"], ["a", "2"], ["b", "3"]]
    assert b64decode(told["body_base64"]) == b"onetwo"
    assert entry.header(b"b") == "1, 3"


@pytest.mark.parametrize("size", [0, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL])
def test_the_hash_covers_the_whole_body_and_long_bodies_are_not_kept(size: int) -> None:
    entry = Entry(SCOPE)
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    for start in range(0, size, 1000):
        entry.add(body[start : start + 1000])
    told = entry.described()
    assert (told["body_bytes"], told["body_sha256"]) == (size, sha256(body).hexdigest())
    assert ("body_base64" in told) == (size <= SMALL)


def test_only_the_last_requests_are_kept_but_all_are_counted() -> None:
    journal = Journal(2)
    entries = [journal.start(SCOPE) for _ in range(3)]
    assert list(journal.entries) == entries[1:]
    assert journal.counts["started"] == 3


async def test_a_count_can_be_waited_for() -> None:
    journal = Journal(10)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(journal.reached("left", 2))
        for _ in range(2):
            assert not waiting.done()
            journal.leave(journal.start(SCOPE))
    await journal.reached("left", 1)


def test_clearing_forgets_requests_and_counts() -> None:
    journal = Journal(10)
    journal.complete(journal.start(SCOPE))
    journal.clear()
    assert not journal.entries
    assert journal.counts["requests"] == 0
