"""The rules of threading, with values only: what was found in, a place out."""

from __future__ import annotations

import msgspec
import pytest

from proxy.chain import Chained, Linked, Prefix
from proxy.identity import Hints
from proxy.messages import Message, Part, Role
from proxy.threads import Continue, Fork, HeldBy, New, Place, Retry, lookup_of, place
from storage.records import Found, Held, Lookup, Missed, Stand

OWNER = b"owner"
NOBODY = Hints()
CLIENT = Hints(name="work", source="client")
HEADER = Hints(name="work", source="header")
WEAK = Hints(weak="trace")


def stand(session: bytes, at: bytes = b"at", **more: object) -> Stand:
    return Stand(session=session, at=at, **more)  # type: ignore[arg-type]


def signed(sign: str, stands: tuple[Stand, ...]) -> Found:
    return msgspec.structs.replace(Found(), **{sign: stands})


def placed(found: Found, hints: Hints = NOBODY, system: bytes = b"") -> Place:
    return place(Lookup(owner=OWNER, name=hints.name or "", weak=hints.weak or ""), found, hints, system)


MISSED = Missed(exchange=b"failed", session=b"S", tip=b"tip")

# Each reason


def test_nothing_found_is_a_new_session() -> None:
    assert placed(Found()) == New("", "new")


def test_a_name_not_yet_known_makes_a_session_of_that_name() -> None:
    assert placed(Found(), HEADER) == New("work", "header")
    assert placed(Found(), CLIENT) == New("work", "client")


def test_a_name_whose_source_is_not_told_is_a_clients() -> None:
    assert placed(Found(), Hints(name="work")) == New("work", "client")


def test_a_named_session_goes_on_from_its_root_where_its_history_says_nothing() -> None:
    assert placed(Found(named=b"N"), HEADER) == Continue(b"N", b"", "header")


def test_history_decides_the_place_within_a_named_session() -> None:
    assert placed(Found(named=b"N", anchored=(stand(b"N"),)), HEADER) == Continue(b"N", b"at", "header")
    assert placed(Found(named=b"N", anchored=(stand(b"N", continued=True),)), CLIENT) == Fork(b"N", b"at", "client")
    assert placed(Found(named=b"N", paired=(stand(b"N"),)), CLIENT) == Continue(b"N", b"at", "client")


def test_a_body_that_failed_before_is_a_retry() -> None:
    assert placed(Found(missed=MISSED)) == Retry(b"S", b"failed", b"tip", "retry")


def test_a_known_history_is_continued() -> None:
    assert placed(Found(anchored=(stand(b"S"),))) == Continue(b"S", b"at", "history")


def test_a_history_that_went_on_otherwise_is_forked() -> None:
    assert placed(Found(anchored=(stand(b"S", continued=True),))) == Fork(b"S", b"at", "history")


def test_a_regenerated_answer_is_no_fork_before_its_question() -> None:
    assert placed(Found(anchored=(stand(b"S", continued=True, holds_next=True),))) == Continue(b"S", b"at", "history")


@pytest.mark.parametrize("sign", ["called", "paired", "prefixed"])
def test_what_is_left_of_a_history_is_continued(sign: str) -> None:
    assert placed(signed(sign, (stand(b"S"),))) == Continue(b"S", b"at", "overlap")
    assert placed(signed(sign, (stand(b"S", continued=True),))) == Fork(b"S", b"at", "overlap")


def test_a_weak_name_counts_where_nothing_else_does() -> None:
    assert placed(Found(weak=b"W"), WEAK) == Continue(b"W", b"", "client")
    assert placed(Found(), WEAK) == New("trace", "client")


# The order of precedence


def test_a_name_goes_before_all() -> None:
    elsewhere = Found(named=b"N", weak=b"W", missed=MISSED)
    assert placed(elsewhere, HEADER) == Continue(b"N", b"", "header")


def test_a_retry_within_the_named_session_goes_before_its_history() -> None:
    found = Found(named=b"S", missed=MISSED, anchored=(stand(b"S"),))
    assert placed(found, HEADER) == Retry(b"S", b"failed", b"tip", "retry")


def test_a_retry_goes_before_history_and_a_weak_name() -> None:
    found = Found(missed=MISSED, weak=b"W", anchored=(stand(b"A"),), paired=(stand(b"B"),))
    assert placed(found, WEAK) == Retry(b"S", b"failed", b"tip", "retry")


def test_history_goes_before_overlap_and_overlap_before_a_weak_name() -> None:
    overlap = Found(weak=b"W", called=(stand(b"B"),))
    assert placed(overlap, WEAK) == Continue(b"B", b"at", "overlap")
    history = Found(weak=b"W", anchored=(stand(b"A"),), called=(stand(b"B"),))
    assert placed(history, WEAK) == Continue(b"A", b"at", "history")


def test_a_call_goes_before_a_pair_and_a_pair_before_a_prefix() -> None:
    one, other, third = stand(b"A"), stand(b"B"), stand(b"C")
    assert placed(Found(called=(one,), paired=(other,), prefixed=(third,))) == Continue(b"A", b"at", "overlap")
    assert placed(Found(paired=(other,), prefixed=(third,))) == Continue(b"B", b"at", "overlap")


def shown(*stands: Stand, name: str = "") -> Place:
    found = Found(named=name.encode(), called=stands, paired=(stand(b"A", b"pair"),))
    return place(Lookup(owner=OWNER, name=name, anchor=b"anchor"), found, CLIENT if name else NOBODY, b"")


def test_a_history_that_its_client_shows_otherwise_is_known_as_it_is_shown() -> None:
    assert shown(stand(b"A", b"stored", by=b"anchor")) == Continue(b"A", b"stored", "history")
    assert shown(stand(b"work", b"stored", by=b"anchor"), name="work") == Continue(b"work", b"stored", "client")
    assert shown(stand(b"A", b"stored", by=b"a call")) == Continue(b"A", b"pair", "overlap")


def test_of_several_that_show_one_history_none_is_taken_for_it() -> None:
    stands = stand(b"A", b"one", by=b"anchor"), stand(b"B", b"two", by=b"anchor")
    assert shown(*stands) == Continue(b"A", b"pair", "overlap")


def test_in_the_session_of_the_call_the_pair_tells_the_place() -> None:
    found = Found(called=(stand(b"A", b"early"),), paired=(stand(b"B", b"late"), stand(b"A", b"later")))
    assert placed(found) == Continue(b"A", b"later", "overlap")


# Ambiguity


@pytest.mark.parametrize("sign", ["called", "paired", "prefixed"])
def test_an_overlap_with_several_sessions_is_a_new_session(sign: str) -> None:
    assert placed(signed(sign, (stand(b"A"), stand(b"B", b"elsewhere")))) == New("", "new")


def test_of_equal_histories_that_end_at_the_answer_which_is_named_the_latest_goes_on() -> None:
    stands = (stand(b"A", updated_at=1), stand(b"B", updated_at=2), stand(b"C", updated_at=3, continued=True))
    assert placed(Found(called=stands)) == Continue(b"B", b"at", "overlap")


def test_of_equal_histories_that_all_went_on_from_the_answer_which_is_named_none_is_taken() -> None:
    assert placed(Found(called=(stand(b"A", continued=True), stand(b"B", continued=True)))) == New("", "new")


def test_an_ambiguous_sign_leaves_the_choice_to_the_next() -> None:
    both = (stand(b"A"), stand(b"B"))
    assert placed(Found(called=both, paired=(stand(b"B"),))) == Continue(b"B", b"at", "overlap")
    assert placed(Found(called=both, paired=both, prefixed=(stand(b"A"),))) == Continue(b"A", b"at", "overlap")


def test_of_several_places_in_one_session_the_latest_is_taken() -> None:
    found = Found(paired=(stand(b"A", b"late"), stand(b"A", b"early")))
    assert placed(found) == Continue(b"A", b"late", "overlap")


# Equal histories


def test_the_session_that_holds_the_next_message_is_taken_first() -> None:
    holds = stand(b"A", continued=True, holds_next=True)
    assert session_of(stand(b"B", system=b"s", updated_at=9), holds) == b"A"


def test_then_one_that_nobody_has_continued() -> None:
    assert session_of(stand(b"A", continued=True, system=b"s", updated_at=9), stand(b"B")) == b"B"


def test_then_one_with_the_same_system_prompt() -> None:
    assert session_of(stand(b"A", updated_at=9), stand(b"B", system=b"s", updated_at=1)) == b"B"


def test_then_the_latest() -> None:
    assert session_of(stand(b"A", updated_at=1), stand(b"B", updated_at=9)) == b"B"


def session_of(*stands: Stand) -> bytes:
    found = placed(Found(anchored=stands), system=b"s")
    assert isinstance(found, Continue)
    return found.session


# What is looked up


def answered(raw: bytes, digest: bytes) -> Linked:
    return Linked(raw, Message(Role.ASSISTANT), b"lone", digest, b"", 1, b"")


CHAINED = Chained(
    prefix=Prefix(),
    links=(answered(b"{}", b"anchor"),),
    end=Prefix(answers=(b"anchor", b"earlier"), calls=(b"call",), pairs=(b"pair", b"pair before")),
    anchor=b"anchor",
    next=b"next",
    pair=b"pair",
)


def test_a_history_is_looked_up_by_all_that_it_can_be_known_by() -> None:
    assert lookup_of(OWNER, b"hash", Hints(name="n", weak="w"), CHAINED) == Lookup(
        owner=OWNER,
        body_hash=b"hash",
        name="n",
        weak="w",
        anchor=b"anchor",
        next=b"next",
        pair=b"pair",
        prefixes=(b"earlier",),
        calls=(b"call",),
        pairs=(b"pair before",),
    )


def test_the_answer_at_the_anchor_is_looked_up_by_its_words_and_what_is_before_it() -> None:
    said = Message(Role.ASSISTANT, (Part("text", " Hi\n"),))
    answer = Linked(b"raw", said, b"lone", b"anchor", b"before", 1, b"")
    lookup = lookup_of(OWNER, b"hash", NOBODY, msgspec.structs.replace(CHAINED, links=(answer,)))
    assert (lookup.behind, lookup.said) == (b"before", "Hi")


def test_a_request_that_is_not_parsed_is_looked_up_by_its_name_alone() -> None:
    assert lookup_of(OWNER, b"hash", Hints(name="n"), None) == Lookup(owner=OWNER, name="n")


# Histories that are held upstream

HELD = Held(exchange=b"E", session=b"S", at=b"answer", tip=b"tip", last=b"lone")


def test_a_reply_that_is_named_is_gone_on_from() -> None:
    assert placed(Found(held=HELD, anchored=(stand(b"A"),), weak=b"W"), WEAK) == Continue(b"S", b"answer", "history")
    again = msgspec.structs.replace(HELD, continued=True)
    assert placed(Found(held=again)) == Fork(b"S", b"answer", "history")


def test_a_retry_goes_before_the_reply_that_is_named() -> None:
    assert placed(Found(held=HELD, missed=MISSED)) == Retry(b"S", b"failed", b"tip", "retry")


def test_a_named_session_goes_on_from_the_reply_that_is_named_wherever_that_stands() -> None:
    inside = msgspec.structs.replace(HELD, session=b"N")
    assert placed(Found(named=b"N", held=inside, anchored=(stand(b"N"),)), CLIENT) == Continue(
        b"N", b"answer", "client"
    )
    assert placed(Found(held=HELD), HEADER) == New("work", "header", b"answer")


def test_what_is_held_is_looked_up_by_its_handle() -> None:
    named = lookup_of(OWNER, b"hash", NOBODY, CHAINED, HeldBy("resp_1", follows=True))
    assert (named.handle, named.follows) == ("resp_1", False)
    bare = unanswered()
    assert lookup_of(OWNER, b"hash", NOBODY, bare, HeldBy("", follows=True)).follows
    fetched = lookup_of(OWNER, b"hash", Hints(name="n"), None, HeldBy("resp_1"))
    assert fetched == Lookup(owner=OWNER, handle="resp_1")


def unanswered() -> Chained:
    """A request with no answer in it."""
    return Chained(prefix=Prefix(), links=(), end=Prefix())
