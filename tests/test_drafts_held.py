"""Requests whose history the upstream holds, and replies that are fetched later, as records."""

from __future__ import annotations

from typing import Any

import msgspec

from proxy.chain import SIZE, Chainer, Memo, item_digest, link, lone_digest
from proxy.dialects.responses import Responses
from proxy.drafts import Draft, Standing, filled, finish, settle
from proxy.identity import Hints
from proxy.messages import Message, Part, Role
from proxy.threads import HeldBy, lookup_of
from storage.records import Closed, Found, Held, Link, Opened, Stand

OWNER = b"o" * SIZE
SESSION, FRESH, EXCHANGE, EARLIER = (letter * SIZE for letter in (b"s", b"f", b"e", b"p"))
AT, TIP = b"@" * SIZE, b"t" * SIZE
HELD = Held(EARLIER, SESSION, AT, TIP, b"last")
RESPONSES = Responses()
NAME = "msg_68af01c2d3e4"
ANSWER = Message(Role.ASSISTANT, (Part("text", "Hi"),), items=(NAME,))


def bare(handle: str = "", hints: Hints | None = None) -> Draft:
    opened = Opened(id=EXCHANGE, owner=OWNER, run=b"r" * SIZE, at=1, method="GET", path="/responses/resp_1")
    lookup = lookup_of(OWNER, b"", hints or Hints(), None, HeldBy(handle))
    return Draft(opened, lookup, hints or Hints(), fresh=FRESH)


def draft(given: Any, hints: Hints | None = None, **fields: Any) -> Draft:
    body = msgspec.json.encode({"model": "m", "input": given, **fields})
    request = RESPONSES.parse(body)
    chained = Chainer(OWNER, RESPONSES.read_message, RESPONSES.role, lambda raw, _: len(raw), Memo()).chain(
        body, request
    )
    made = bare(hints=hints)
    held = HeldBy(request.previous, request.follows)
    lookup = lookup_of(OWNER, b"b" * SIZE, made.hints, chained, held)
    return filled(msgspec.structs.replace(made, lookup=lookup), request, chained)


def user(text: str) -> Message:
    return Message(Role.USER, (Part("text", text),))


def test_what_follows_a_named_reply_is_chained_behind_it() -> None:
    opened, standing = settle(draft("go on", previous_response_id="resp_1"), Found(held=HELD))
    (said,) = opened.links
    assert (opened.session, opened.match, opened.base) == (SESSION, "history", AT)
    assert (said.parent, said.digest) == (AT, link(AT, lone_digest(user("go on"))))
    assert (opened.tip, standing.tip, standing.last) == (said.digest, said.digest, said.lone)


def test_nothing_new_behind_a_named_reply_stands_at_it() -> None:
    opened, standing = settle(draft([], previous_response_id="resp_1"), Found(held=HELD))
    assert (opened.links, opened.tip, standing.tip) == ((), AT, AT)


def test_a_new_session_of_a_name_takes_the_named_replys_history() -> None:
    hints = Hints(name="n", source="header")
    opened, _ = settle(draft("go on", hints, previous_response_id="resp_1"), Found(held=HELD))
    assert (opened.session, opened.base, opened.links[0].parent) == (FRESH, AT, AT)
    assert opened.new is not None
    assert opened.new.name == "n"


def test_an_answer_that_is_named_by_a_piece_of_it_is_the_known_one() -> None:
    reference = {"type": "item_reference", "id": NAME}
    made = draft([{"role": "user", "content": "hi"}, reference, {"role": "user", "content": "more"}])
    by = item_digest(OWNER, NAME)
    assert by in made.lookup.calls
    found = Found(called=(Stand(SESSION, AT, lone=b"other", by=by),))
    opened, _ = settle(made, found)
    assert [one.digest for one in opened.links] == [b"", AT, link(AT, lone_digest(user("more")))]


def test_an_answer_leaves_the_ids_of_its_pieces_as_landmarks() -> None:
    record = Closed(exchange=EXCHANGE, at=2, ending="complete", replies=(Link("assistant", b"{}"),))
    done = finish(record, (ANSWER,), Standing(OWNER, TIP, b"", SESSION))
    assert done.landmarks == (item_digest(OWNER, NAME),)


def test_what_is_fetched_is_the_answer_of_the_exchange_that_has_none() -> None:
    opened, standing = settle(bare("resp_1"), Found(held=HELD))
    assert (opened.session, opened.links) == (b"", ())
    assert standing == Standing(OWNER, TIP, b"last", SESSION, "history", EARLIER)
    late = Closed(exchange=EXCHANGE, at=2, ending="complete", replies=(Link("assistant", b"{}"),))
    done = finish(Closed(exchange=EXCHANGE, at=2, ending="complete", late=late), (ANSWER,), standing)
    assert done.replies == ()
    assert done.late is not None
    assert (done.late.exchange, done.late.replies[0].digest) == (EARLIER, link(TIP, lone_digest(ANSWER)))


def test_what_is_fetched_again_or_from_nowhere_adds_nothing() -> None:
    late = Closed(exchange=EXCHANGE, at=2, ending="complete", replies=(Link("assistant", b"{}"),))
    record = Closed(exchange=EXCHANGE, at=2, ending="complete", late=late)
    for held in (msgspec.structs.replace(HELD, answered=True), Held(EARLIER), None):
        _, standing = settle(bare("resp_1"), Found(held=held))
        assert standing.late == b""
        assert finish(record, (ANSWER,), standing).late is None
