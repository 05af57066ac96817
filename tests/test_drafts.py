"""What a request's record says once its place is known, and what its reply's says."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from proxy.chain import SIZE, Chained, Chainer, Linked, Memo, call_digest, link, lone_digest, pair_digest
from proxy.dialects.chat import Chat
from proxy.drafts import Draft, Shown, Standing, blob_hash, filled, finish, search_text, settle, stored
from proxy.identity import Hints
from proxy.messages import Message, Part, Request, Role, ToolCall
from proxy.threads import lookup_of
from storage.packing import unpack_residue
from storage.records import Call, Closed, Found, Link, Lookup, Missed, NewSession, Opened, Prompt, Stand
from tests.recording import weight

CHAT = Chat()

OWNER = b"o" * SIZE
SESSION, OTHER, FRESH, EXCHANGE = (letter * SIZE for letter in (b"s", b"t", b"f", b"e"))
AT = b"@" * SIZE

LANDMARK = "call_Zx81Kq02Lm93"

USER: dict[str, Any] = {"role": "user", "content": "hi"}
ANSWER: dict[str, Any] = {"role": "assistant", "content": "Hello!"}
AGAIN: dict[str, Any] = {"role": "user", "content": "and now?"}
SYSTEM: dict[str, Any] = {"role": "system", "content": "Be brief."}


def chained(body: bytes) -> tuple[Request, Chained]:
    request = CHAT.parse(body)
    return request, Chainer(OWNER, CHAT.read_message, CHAT.role, weight, Memo()).chain(body, request)


def bare(hints: Hints | None = None) -> Draft:
    opened = Opened(id=EXCHANGE, owner=OWNER, run=b"r" * SIZE, at=1, method="POST", path="/chat/completions")
    return Draft(opened, Lookup(owner=OWNER), hints or Hints(), fresh=FRESH)


def draft(*messages: dict[str, Any], hints: Hints | None = None, **fields: Any) -> Draft:
    body = msgspec.json.encode({"model": "m", "messages": messages, **fields})
    request, history = chained(body)
    made = bare(hints)
    placed = replace(made, lookup=lookup_of(OWNER, b"b" * SIZE, made.hints, history))
    return filled(placed, request, history)


def digests(*messages: dict[str, Any], base: bytes = OWNER) -> list[bytes]:
    """The digests of a history after ``base``."""
    found = []
    for message in messages:
        base = link(base, lone(message))
        found.append(base)
    return found


def lone(message: dict[str, Any]) -> bytes:
    return lone_digest(CHAT.read_message(msgspec.json.encode(message)))


def stand(at: bytes, *, continued: bool = False, **fields: Any) -> Stand:
    return Stand(session=SESSION, at=at, continued=continued, **fields)


# The content of a request


def test_a_draft_has_the_history_and_where_it_ends() -> None:
    made = draft(SYSTEM, USER, ANSWER, AGAIN)
    assert made.places
    assert [linked.digest for linked in made.links] == [b"", *digests(USER, ANSWER, AGAIN)]
    assert made.opened.tip == digests(USER, ANSWER, AGAIN)[-1]
    assert made.opened.prompt is not None
    assert made.opened.prompt.parent == b""


def test_a_list_of_system_messages_alone_has_no_tip() -> None:
    assert draft(SYSTEM).opened.tip == b""


def test_system_prompts_and_tools_are_kept_by_hash() -> None:
    tools = [{"type": "function", "function": {"name": "add"}}]
    opened = draft(SYSTEM, USER, tools=tools).opened
    raw = msgspec.json.encode(tools)
    assert {blob.kind: blob.data for blob in opened.blobs if blob.kind != "residue"} == {
        "system": msgspec.json.encode(SYSTEM),
        "tools": raw,
    }
    assert (opened.tools, opened.residue) == (blob_hash(raw), opened.blobs[0].hash)


def test_a_request_without_tools_names_none() -> None:
    assert [blob.kind for blob in draft(USER).opened.blobs] == ["residue"]
    assert draft(USER).opened.tools == b""


def test_what_stands_around_the_messages_is_kept_without_the_tools() -> None:
    tools = [{"type": "function", "function": {"name": "add"}}]
    opened = draft(USER, tools=tools, seed=1).opened
    residue = opened.blobs[0].data
    assert b"function" not in residue
    before, after = unpack_residue(residue, {blob.hash: blob.data for blob in opened.blobs}.__getitem__)
    assert before == b'{"model":"m","messages":['
    assert after == b'],"tools":' + msgspec.json.encode(tools) + b',"seed":1}'


def test_a_system_prompt_outside_the_list_is_kept_by_itself_and_named() -> None:
    request, history = chained(msgspec.json.encode({"model": "m", "messages": [USER]}))
    request = replace(request, before=b'{"system":"Be brief."' + request.before[1:], system=b'"Be brief."')
    opened = filled(bare(), request, history).opened
    assert opened.system == blob_hash(b'"Be brief."')
    assert b"brief" not in opened.blobs[0].data
    assert [blob.data for blob in opened.blobs[1:]] == [b'"Be brief."']


def test_system_text_outside_and_inside_the_list_has_one_name_for_all_of_it() -> None:
    request, history = chained(msgspec.json.encode({"model": "m", "messages": [SYSTEM, USER]}))
    opened = filled(bare(), replace(request, system=b'"Be kind."'), history).opened
    assert [blob.data for blob in opened.blobs if blob.hash == opened.system] == [
        b'["Be kind.",' + msgspec.json.encode(SYSTEM) + b"]"
    ]


# The places


def test_what_nobody_knows_is_a_new_session() -> None:
    opened, standing = settle(draft(USER), Found())
    assert (opened.session, opened.match, opened.base) == (FRESH, "new", b"")
    assert opened.new == NewSession()
    assert [(found.digest, found.parent) for found in opened.links] == [(digests(USER)[0], OWNER)]
    assert standing == Standing(OWNER, digests(USER)[0], lone(USER), FRESH, "new")


def test_a_new_session_gets_what_the_client_says_of_it() -> None:
    hints = Hints("monday", "header", parent="week", title="Plans", tags=("work",), meta={"team": "red"})
    opened, _ = settle(draft(USER, hints=hints), Found())
    assert opened.match == "header"
    assert opened.new == NewSession("monday", "week", "Plans", ("work",), {"team": "red"})


def test_a_known_history_goes_on_where_it_ended() -> None:
    at = digests(USER, ANSWER)[-1]
    opened, standing = settle(draft(USER, ANSWER, AGAIN), Found(anchored=(stand(at),)))
    tip = digests(USER, ANSWER, AGAIN)[-1]
    assert (opened.session, opened.match, opened.base, opened.tip) == (SESSION, "history", at, tip)
    assert standing == Standing(OWNER, tip, lone(AGAIN), SESSION, "history")


def test_an_edited_message_is_a_fork_at_the_same_digest() -> None:
    at = digests(USER, ANSWER)[-1]
    opened, _ = settle(draft(USER, ANSWER, AGAIN), Found(anchored=(stand(at, continued=True),)))
    assert (opened.session, opened.base, opened.tip) == (SESSION, at, digests(USER, ANSWER, AGAIN)[-1])
    assert opened.new == NewSession()


def test_a_retry_is_joined_to_the_attempt_before_and_adds_nothing() -> None:
    missed = Missed(exchange=OTHER, session=SESSION, tip=AT)
    opened, standing = settle(draft(USER), Found(missed=missed))
    assert (opened.session, opened.match, opened.retry_of, opened.tip) == (SESSION, "retry", OTHER, AT)
    assert opened.links == ()
    assert standing == Standing(OWNER, AT, lone(USER), SESSION, "retry", shown=Shown(digests(USER)[0]))


def test_a_side_request_under_a_known_name_begins_at_the_root() -> None:
    opened, standing = settle(draft(USER, hints=Hints("monday", "client")), Found(named=SESSION))
    assert (opened.session, opened.match, opened.base) == (SESSION, "client", b"")
    assert standing.tip == digests(USER)[-1]


def test_system_messages_alone_go_on_from_nothing() -> None:
    opened, standing = settle(draft(SYSTEM, hints=Hints("monday", "header")), Found(named=SESSION))
    assert (opened.tip, standing.tip, standing.last) == (b"", b"", b"")


def test_a_window_over_a_known_answer_is_chained_behind_it() -> None:
    window = (USER, ANSWER, AGAIN)
    paired = stand(AT, lone=lone(ANSWER))
    opened, standing = settle(draft(SYSTEM, *window), Found(paired=(paired,)))
    assert (opened.match, opened.base) == ("overlap", AT)
    assert [(found.digest, found.parent) for found in opened.links] == [
        (b"", OWNER),
        (b"", b""),
        (AT, b""),
        (digests(AGAIN, base=AT)[0], AT),
    ]
    tip, shown = digests(AGAIN, base=AT)[0], Shown(digests(*window)[-1])
    assert standing == Standing(OWNER, tip, lone(AGAIN), SESSION, "overlap", shown=shown)


def test_of_equal_answers_in_a_window_the_last_is_the_known_one() -> None:
    opened, _ = settle(draft(USER, ANSWER, USER, ANSWER, AGAIN), Found(paired=(stand(AT, lone=lone(ANSWER)),)))
    assert [found.digest for found in opened.links] == [b"", b"", b"", AT, digests(AGAIN, base=AT)[0]]


def test_a_known_answer_that_the_window_left_behind_stands_before_all_of_it() -> None:
    opened, _ = settle(draft(ANSWER, AGAIN), Found(called=(stand(AT, lone=b"gone"),)))
    assert [found.digest for found in opened.links] == digests(ANSWER, AGAIN, base=AT)
    assert opened.base == AT


def test_a_whole_history_found_by_its_overlap_keeps_its_digests() -> None:
    known = digests(USER, ANSWER, AGAIN)
    opened, _ = settle(draft(USER, ANSWER, AGAIN), Found(called=(stand(known[1], lone=lone(ANSWER)),)))
    assert [found.digest for found in opened.links] == known
    assert opened.base == known[1]


def test_an_answer_in_the_known_beginning_leaves_the_digests_after_that_beginning_as_they_are() -> None:
    whole = draft(USER, ANSWER, AGAIN, ANSWER, USER)
    known = [linked.digest for linked in whole.links]
    tail = replace(whole, links=whole.links[3:])
    opened, _ = settle(tail, Found(called=(stand(known[1], lone=lone(ANSWER) + b"another"),)))
    assert [found.digest for found in opened.links] == known[3:]


def test_a_known_prefix_keeps_the_digests_after_it() -> None:
    known = digests(USER, ANSWER, AGAIN)
    opened, _ = settle(draft(USER, ANSWER, AGAIN), Found(prefixed=(stand(known[1]),)))
    assert (opened.match, opened.base, opened.tip) == ("overlap", known[1], known[2])


@pytest.mark.parametrize(("source", "match"), [("header", "header"), ("client", "client"), (None, "")])
def test_traffic_that_is_not_parsed_belongs_to_the_session_it_names(source: Any, match: str) -> None:
    opened, standing = settle(bare(Hints("monday", source)), Found(named=SESSION))
    assert (opened.session, opened.match, opened.links, opened.new) == (SESSION, match, (), None)
    assert standing == Standing(OWNER, b"", b"", SESSION, match)


def test_traffic_that_is_not_parsed_makes_no_session() -> None:
    opened, standing = settle(bare(Hints("monday", "header")), Found(weak=OTHER))
    assert (opened.session, opened.match) == (b"", "")
    assert standing == Standing(OWNER, b"", b"")


# The messages


def linked(message: dict[str, Any]) -> Linked:
    return draft(message).links[0]


def test_a_stored_message_keeps_its_bytes_and_what_came_before_it() -> None:
    one = replace(linked(USER), separator=b", ", tokens=7)
    assert stored(one) == Link(
        role="user",
        body=one.raw,
        digest=one.digest,
        parent=OWNER,
        text="hi",
        tokens=7,
        lone=lone(USER),
        separator=b", ",
    )


def test_a_system_message_is_stored_by_hash_outside_the_chain() -> None:
    record = stored(linked(SYSTEM))
    assert (record.digest, record.lone, record.blob) == (b"", b"", blob_hash(msgspec.json.encode(SYSTEM)))


def test_a_result_names_its_call() -> None:
    record = stored(linked({"role": "tool", "tool_call_id": "call_1", "content": "Error: no such file"}))
    assert (record.call_id, record.failed) == ("call_1", True)


def test_a_result_without_an_id_names_the_function() -> None:
    record = stored(linked({"role": "function", "name": "f", "content": "24 °C"}))
    assert (record.call_id, record.called) == ("", "f")
    assert stored(linked({"role": "tool", "tool_call_id": "c", "name": "f", "content": "24 °C"})).called == ""


def test_only_a_tool_answers_a_call() -> None:
    record = stored(linked({"role": "user", "tool_call_id": "call_1", "name": "f", "content": "x"}))
    assert (record.call_id, record.called) == ("", "")


def test_a_search_finds_text_refusal_and_calls() -> None:
    call = ToolCall("call_1", "add", '{"a":1}')
    message = Message(Role.ASSISTANT, (Part("text", "Wait."),), (call,), reasoning="Hm.", refusal="No.")
    assert search_text(message) == 'Wait.\nNo.\nadd {"a":1}'


def test_a_message_with_nothing_to_read_is_found_by_nothing() -> None:
    assert search_text(Message(Role.ASSISTANT)) == ""


# The reply


def said(text: str = "Hello!", *calls: ToolCall) -> Message:
    return Message(Role.ASSISTANT, (Part("text", text),), calls)


def closed(*messages: Message) -> Closed:
    replies = tuple(Link(role="assistant", body=message.text.encode()) for message in messages)
    return Closed(exchange=EXCHANGE, at=2, ending="complete", replies=replies, residue=b"around")


def placed(tip: bytes = AT, last: bytes = b"q" * SIZE) -> Standing:
    return Standing(OWNER, tip, last, SESSION, "history")


def test_an_answer_stands_behind_the_request() -> None:
    record = finish(closed(said()), (said(),), placed())
    (reply,) = record.replies
    assert (reply.parent, reply.lone, reply.digest) == (AT, lone_digest(said()), link(AT, lone_digest(said())))
    assert (reply.body, record.residue) == (b"Hello!", b"around")


def test_an_answer_to_system_messages_alone_stands_at_the_root() -> None:
    (reply,) = finish(closed(said()), (said(),), placed(tip=b"", last=b"")).replies
    assert (reply.parent, reply.digest) == (b"", link(OWNER, lone_digest(said())))


def test_the_next_request_finds_the_answer_at_its_digest() -> None:
    opened, standing = settle(draft(USER), Found())
    (reply,) = finish(closed(said()), (said(),), standing).replies
    assert opened.tip == reply.parent
    assert draft(USER, ANSWER, AGAIN).lookup.anchor == reply.digest


def test_several_choices_are_children_of_one_tip() -> None:
    messages = (said("one"), said("two"), said("three"))
    replies = finish(closed(*messages), messages, placed()).replies
    assert [reply.parent for reply in replies] == [AT] * 3
    assert len({reply.digest for reply in replies}) == 3


def test_an_answer_is_found_again_with_its_question() -> None:
    record = finish(closed(said()), (said(),), placed(last=b"q" * SIZE))
    assert record.landmarks == (pair_digest(OWNER, b"q" * SIZE, lone_digest(said())),)


def test_an_answer_without_a_question_is_no_landmark() -> None:
    assert finish(closed(said()), (said(),), placed(last=b"")).landmarks == ()


def test_tool_calls_name_the_answer_that_made_them() -> None:
    calls = (ToolCall(LANDMARK, "add", '{"a":1}'), ToolCall("call_2", "sub", "no json"))
    messages = (said("one"), said("", *calls))
    record = finish(closed(*messages), messages, placed())
    digest = record.replies[1].digest
    assert record.calls == (Call(LANDMARK, "add", '{"a":1}', digest), Call("call_2", "sub", "no json", digest))


def test_an_answer_whose_call_has_an_id_of_its_own_is_found_by_it() -> None:
    message = said("", ToolCall(LANDMARK, "add", "{}"))
    record = finish(closed(message), (message,), placed())
    assert record.landmarks[1:] == (call_digest(OWNER, lone_digest(message)),)


def test_an_answer_whose_calls_are_only_counted_is_not_found_by_them() -> None:
    message = said("", ToolCall("call_0", "add", "{}"))
    record = finish(closed(message), (message,), placed())
    assert len(record.calls) == 1
    assert len(record.landmarks) == 1


def test_an_answer_without_a_place_is_not_kept_nor_what_stood_around_it() -> None:
    record = finish(closed(said()), (said(),), Standing(OWNER, AT, b""))
    assert (record.replies, record.calls, record.landmarks, record.residue) == ((), (), (), b"")
    assert record.ending == "complete"


def test_an_end_without_an_answer_stays_as_it_is() -> None:
    assert finish(closed(), (), placed()) == closed()


def test_a_prompt_goes_on_from_the_list_that_is_known() -> None:
    memo = Memo()
    chainer = Chainer(OWNER, CHAT.read_message, CHAT.role, weight, memo)
    bodies = [msgspec.json.encode({"model": "m", "messages": messages}) for messages in ([USER], [USER, ANSWER, AGAIN])]
    requests = [CHAT.parse(body) for body in bodies]
    first, second = (
        filled(bare(), request, chainer.chain(body, request)) for body, request in zip(bodies, requests, strict=True)
    )
    assert first.opened.prompt is not None
    assert second.opened.prompt == Prompt(chainer.chain(bodies[1], requests[1]).end.listed, first.opened.prompt.digest)
    assert [linked.message.text for linked in second.links] == ["Hello!", "and now?"]


def test_several_system_messages_are_kept_under_the_hash_of_them_all() -> None:
    body = b'{"model":"m","messages":[{"role":"system","content":"a"},{"role":"system","content":"b"}]}'
    request = CHAT.parse(body)
    draft = filled(
        bare(),
        request,
        Chainer(OWNER, CHAT.read_message, CHAT.role, weight, Memo()).chain(body, request),
    )
    kept = {blob.hash: blob.data for blob in draft.opened.blobs}
    assert kept[draft.opened.system] == b'[{"role":"system","content":"a"},{"role":"system","content":"b"}]'
