"""What a program tells, as entries."""

from __future__ import annotations

import pytest

from proxy.meter import Meter
from proxy.prices import PriceBook
from proxy.sessions.entries import Said, Whereto, answering, asking
from proxy.sessions.faults import SessionNotFound
from proxy.tokens import Tokenizer
from storage.records import Closed, Found, Held, Opened

OWNER, SESSION = b"o" * 16, b"s" * 16
METER = Meter(Tokenizer(), PriceBook({}))
HELLO = {"role": "user", "content": "Hello"}


def test_the_first_entry_makes_the_session() -> None:
    begun = asking(Said(b"1" * 16, 1, (HELLO,)), Whereto(OWNER, SESSION, "name", exists=False), METER)
    record = begun.answered(Found())
    assert isinstance(record, Opened)
    assert (record.session, record.match, record.base) == (SESSION, "new", b"")


def test_later_ones_stand_behind_what_is_there() -> None:
    begun = asking(Said(b"1" * 16, 1, (HELLO,)), Whereto(OWNER, SESSION, "name", exists=True), METER)
    record = begun.answered(Found(named=SESSION, held=Held(b"0" * 16, SESSION, b"t" * 16)))
    assert isinstance(record, Opened)
    assert (record.session, record.base, record.links[0].parent) == (SESSION, b"t" * 16, b"t" * 16)


def test_an_answer_alone_is_known_by_the_question_before_it() -> None:
    said = Said(b"1" * 16, 1, answer={"role": "assistant", "content": "Hi!"})
    begun = asking(said, Whereto(OWNER, SESSION, "name", exists=True), METER)
    begun.answered(Found(named=SESSION, held=Held(b"0" * 16, SESSION, b"t" * 16, last=b"q" * 16)))
    closed = answering(begun, said, METER).answered(Found())
    assert isinstance(closed, Closed)
    assert closed.replies[0].parent == b"t" * 16
    assert len(closed.landmarks) == 1


def test_a_session_that_is_gone_takes_nothing() -> None:
    begun = asking(Said(b"1" * 16, 1, (HELLO,)), Whereto(OWNER, SESSION, "name", exists=True), METER)
    with pytest.raises(SessionNotFound, match="name"):
        begun.answered(Found())
