"""Records of requests that are no conversation: kept whole, and in the session that they name."""

from __future__ import annotations

import msgspec
import pytest

from proxy.chain import SIZE
from proxy.drafts import SUMMARY, Draft, filled, finish, settle
from proxy.identity import Hints
from proxy.messages import Request
from storage.packing import unpack_residue
from storage.records import Closed, Found, Lookup, NewSession, Opened, SegmentRecord

OWNER, SESSION, FRESH, EXCHANGE = (letter * SIZE for letter in (b"o", b"s", b"f", b"e"))
REQUEST = Request("m", False, (), b'{"prompt":"Once"}', b"", (), text="Once")


def no_blobs(digest: bytes) -> bytes:
    raise LookupError(digest)


def draft(hints: Hints) -> Draft:
    opened = Opened(EXCHANGE, OWNER, b"r" * SIZE, 1, "POST", "/completions", parsed=True)
    return filled(Draft(opened, Lookup(owner=OWNER, name=hints.name or ""), hints, fresh=FRESH), REQUEST, None)


def test_it_is_kept_whole() -> None:
    opened = draft(Hints()).opened
    assert (opened.asked, opened.prompt, opened.blobs[0].hash) == ("Once", None, opened.residue)
    assert unpack_residue(opened.blobs[0].data, no_blobs) == (b'{"prompt":"Once"}', b"")


def test_it_makes_the_session_that_it_names() -> None:
    hints = Hints("monday", "header", parent="sunday", title="T", tags=("a",), meta={"k": "v"})
    opened, standing = settle(draft(hints), Found())
    assert (opened.session, opened.match, standing.session) == (FRESH, "header", FRESH)
    assert opened.new == NewSession(name="monday", parent="sunday", title="T", tags=("a",), meta={"k": "v"})


def test_it_joins_the_session_of_that_name() -> None:
    opened, _ = settle(draft(Hints("monday", "client")), Found(named=SESSION))
    assert (opened.session, opened.match, opened.new) == (SESSION, "client", None)


@pytest.mark.parametrize("found", [Found(), Found(weak=SESSION)])
def test_without_a_name_it_makes_no_session_and_joins_none(found: Found) -> None:
    opened, _ = settle(draft(Hints()), found)
    assert (opened.session, opened.match, opened.new) == (b"", "", None)


def test_what_is_about_a_session_keeps_no_content_once_that_is_gone() -> None:
    opened = msgspec.structs.replace(draft(Hints()).opened, match=SUMMARY)
    about = Draft(opened, Lookup(OWNER, name="gone"), Hints())
    closed = Closed(EXCHANGE, 1, "complete", residue=b"reply", summary=SegmentRecord(*(b"",) * 3, 0, 1, 0, 1, "", ""))
    placed, standing = settle(about, Found())
    assert (placed.session, placed.blobs, placed.residue) == (b"", (), b"")
    assert finish(closed, (), standing) == Closed(EXCHANGE, 1, "complete")
    placed, standing = settle(about, Found(named=SESSION))
    assert (placed.session, placed.match, placed.blobs) == (SESSION, SUMMARY, opened.blobs)
    assert finish(closed, (), standing) == closed
