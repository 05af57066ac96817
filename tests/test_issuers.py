"""Where a reply came from: remembered, else looked up, else unknown."""

from __future__ import annotations

import pytest

from proxy.issuers import Issuers
from storage.ports import StoreError


class Book:
    """A store that knows some replies, and how often it was asked."""

    def __init__(self, **known: str) -> None:
        self.known = known
        self.asked = 0

    async def find(self, owner: bytes, handle: str) -> str:
        """Look a reply of ``b"me"`` up."""
        self.asked += 1
        return self.known.get(handle, "") if owner == b"me" else ""


async def test_what_was_just_told_needs_no_look_up() -> None:
    book = Book()
    issuers = Issuers(book.find)
    issuers.tell(b"me", "resp_1", "a")
    assert (await issuers.provider(b"me", "resp_1"), book.asked) == ("a", 0)


async def test_what_is_not_remembered_is_looked_up() -> None:
    issuers = Issuers(Book(resp_1="a").find)
    assert await issuers.provider(b"me", "resp_1") == "a"
    assert await issuers.provider(b"me", "resp_2") is None


async def test_owners_never_meet() -> None:
    issuers = Issuers(Book(resp_1="a").find)
    issuers.tell(b"me", "resp_2", "a")
    assert [await issuers.provider(b"other", handle) for handle in ("resp_1", "resp_2")] == [None, None]


async def test_the_memory_is_bounded_and_forgets_the_oldest() -> None:
    issuers = Issuers(Book().find, limit=2)
    for handle in ("a", "b", "a", "c"):
        issuers.tell(b"me", handle, "p")
    assert [await issuers.provider(b"me", handle) for handle in ("a", "b", "c")] == ["p", None, "p"]


async def test_a_store_that_fails_leaves_it_unknown(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(owner: bytes, handle: str) -> str:
        message = "locked"
        raise StoreError(message)

    assert await Issuers(fails).provider(b"me", "resp_1") is None
    assert "can't be looked up: locked" in caplog.text
