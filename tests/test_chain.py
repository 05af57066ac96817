"""Digests name a whole history; a memo changes no answer; what is found elsewhere is chained to its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.chain import (
    REMEMBERED,
    Chained,
    Chainer,
    Linked,
    Memo,
    call_digest,
    canonical,
    is_landmark,
    item_digest,
    landmarks_of,
    link,
    lone_digest,
    pair_digest,
    rebase,
)
from proxy.dialects.chat import Chat
from proxy.messages import Message, Role, ToolCall
from tests.recording import weight

CHAT = Chat()
OWNER = b"o" * 16
Object = dict[str, Any]


def read(message: Object) -> Message:
    return CHAT.read_message(json.dumps(message).encode())


def body(*messages: Object, **layout: Any) -> bytes:
    return json.dumps({"model": "m", "messages": messages, "stream": False}, **layout).encode()


def chainer(memo: Memo | None = None, owner: bytes = OWNER) -> Chainer:
    return Chainer(owner, CHAT.read_message, CHAT.role, weight, memo or Memo())


def chain(*messages: Object, memo: Memo | None = None, owner: bytes = OWNER, **layout: Any) -> Chained:
    sent = body(*messages, **layout)
    return chainer(memo, owner).chain(sent, CHAT.parse(sent))


def system(text: str) -> Object:
    return {"role": "system", "content": text}


def user(text: str) -> Object:
    return {"role": "user", "content": text}


def assistant(text: str | None, **more: Any) -> Object:
    return {"role": "assistant", "content": text, **more}


def call(identity: str, arguments: str, name: str = "f") -> Object:
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}


def calling(identity: str) -> Object:
    return assistant(None, tool_calls=[call(identity, "{}")])


def same(one: Object, other: Object) -> bool:
    return canonical(read(one)) == canonical(read(other))


# Landmarks


@pytest.mark.parametrize(
    "identity",
    ["call_8hK2mQxW1ZpL0vBn4TyR7sDe", "toolu_01A09q90qw90lq917835", "chatcmpl-tool-9f86d081884c7d65", "9dF3kLm2Q"],
)
def test_an_id_that_was_made_to_be_unique_is_a_landmark(identity: str) -> None:
    assert is_landmark(Message(Role.ASSISTANT, tool_calls=(ToolCall(identity, "f", "{}"),)))


@pytest.mark.parametrize("identity", ["", "call_0", "call_12", "functions.get_weather:0", "get_weather", "call_get_1"])
def test_a_counter_is_no_landmark(identity: str) -> None:
    assert not is_landmark(Message(Role.ASSISTANT, tool_calls=(ToolCall(identity, "get_weather", "{}"),)))
    assert not is_landmark(Message(Role.ASSISTANT, tool_calls=(ToolCall("call_1", "", "{}"),)))


def test_an_answer_without_calls_is_no_landmark() -> None:
    assert not is_landmark(Message(Role.ASSISTANT))


# The chain


def test_a_digest_names_the_whole_history() -> None:
    chained = chain(user("a"), assistant("b"), user("c"))
    lones = [lone_digest(read(message)) for message in (user("a"), assistant("b"), user("c"))]
    first = link(OWNER, lones[0])
    second = link(first, lones[1])
    assert [linked.digest for linked in chained.links] == [first, second, link(second, lones[2])]
    assert [linked.parent for linked in chained.links] == [OWNER, first, second]
    assert chained.anchor == second
    assert chained.next == chained.end.tip == chained.links[-1].digest
    assert chained.pair == pair_digest(OWNER, lones[0], lones[1])


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_owners_never_meet(one: bytes, other: bytes) -> None:
    history = (user("a"), assistant(None, tool_calls=[call("call_12345678", "{}")]), user("c"))

    def digests(owner: bytes) -> set[bytes]:
        chained = chain(*history, owner=owner)
        end = chained.end
        found = (end.listed, chained.anchor, chained.next, *end.answers, *end.calls, *end.pairs)
        return {linked.digest for linked in chained.links} | set(found)

    assert one == other or not digests(one) & digests(other)


def test_a_call_and_a_pair_have_digests_of_their_own() -> None:
    lone = b"x" * 16
    assert len({link(OWNER, lone), call_digest(OWNER, lone), pair_digest(OWNER, lone, b"")}) == 3


def test_system_messages_stay_out_of_the_chain_wherever_they_stand() -> None:
    plain = chain(user("a"), assistant("b"), user("c"))
    clocked = chain(system("It is 9."), user("a"), assistant("b"), system("It is 10."), user("c"))
    assert clocked.end.tip == plain.end.tip
    assert (clocked.anchor, clocked.next, clocked.pair) == (plain.anchor, plain.next, plain.pair)
    assert clocked.end.system
    assert clocked.end.system != plain.end.system == b""
    assert [linked.digest == b"" for linked in clocked.links] == [True, False, False, True, False]
    assert clocked.end.length == 5


def test_a_request_without_answers_has_no_anchor() -> None:
    chained = chain(system("s"), user("a"))
    assert (chained.anchor, chained.next, chained.pair, chained.end.answers) == (b"", b"", b"", ())


def test_the_last_answer_is_the_one_at_the_anchor() -> None:
    chained = chain(user("a"), assistant("b"), system("s"), user("c"))
    assert chained.answer == chained.links[1]
    assert chain(system("s"), user("a")).answer is None


def test_an_empty_list_has_an_empty_chain() -> None:
    chained = chain()
    assert (chained.links, chained.anchor, chained.end.tip) == ((), b"", OWNER)


def test_an_answer_that_opens_the_list_has_no_pair() -> None:
    chained = chain(assistant("Welcome."), user("a"))
    assert chained.anchor
    assert chained.pair == b""


def test_a_list_that_ends_with_an_answer_has_no_next() -> None:
    chained = chain(user("a"), assistant("b"))
    assert chained.anchor == chained.end.tip
    assert chained.next == b""


def test_only_the_latest_answers_are_sought() -> None:
    many = [message for at in range(REMEMBERED + 5) for message in (user(str(at)), assistant(str(at)))]
    chained = chain(*many)
    spoken = [linked.digest for linked in chained.links if linked.message.role is Role.ASSISTANT]
    assert chained.end.answers == tuple(reversed(spoken))[:REMEMBERED]


def test_calls_are_sought_only_where_they_are_landmarks() -> None:
    unique, counted = (
        assistant(None, tool_calls=[call(identity, "{}")]) for identity in ("call_8hK2mQxW1ZpL", "call_0")
    )
    chained = chain(user("a"), unique, user("b"), counted, user("c"))
    assert chained.end.calls == (call_digest(OWNER, lone_digest(read(unique))),)
    assert len(chained.end.pairs) == 2


# The memo

messages = st.one_of(
    st.builds(system, st.sampled_from("st")),
    st.builds(user, st.sampled_from("ab")),
    st.builds(assistant, st.sampled_from("xy")),
    st.builds(calling, st.sampled_from(["c1", "c12345678"])),
)


def summary(chained: Chained) -> tuple[object, ...]:
    return chained.end, chained.anchor, chained.next, chained.pair


@given(
    st.lists(st.lists(messages, max_size=8), max_size=5),
    st.lists(messages, max_size=8),
    st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 1}]),
)
def test_a_memo_never_changes_an_answer(before: list[list[Object]], last: list[Object], layout: Object) -> None:
    memo = Memo()
    for earlier in [*before, *(last[:length] for length in range(len(last)))]:
        chain(*earlier, memo=memo, **layout)
    remembered, fresh = chain(*last, memo=memo, **layout), chain(*last, **layout)
    assert summary(remembered) == summary(fresh)
    assert remembered.links == fresh.links[remembered.prefix.length :]


def test_of_a_list_that_goes_on_only_what_is_new_is_read() -> None:
    memo = Memo()
    chain(system("s"), user("a"), memo=memo)
    chained = chain(system("s"), user("a"), assistant("b"), user("c"), memo=memo)
    assert chained.prefix.length == 2
    assert [linked.message.text for linked in chained.links] == ["b", "c"]
    assert chained.links[0].separator == b", "
    assert chained.end.tokens == sum(len(json.dumps(m)) for m in (system("s"), user("a"), assistant("b"), user("c")))


def test_a_memo_forgets_what_was_remembered_of_another_generation() -> None:
    memo = Memo()
    memo.at(b"one")
    chain(user("a"), memo=memo)
    memo.at(b"one")
    assert chain(user("a"), assistant("x"), user("y"), memo=memo).prefix.length == 1
    memo.at(b"two")
    assert chain(user("a"), assistant("x"), user("z"), memo=memo).prefix.length == 0


def test_a_memo_forgets_what_was_not_used_for_longest() -> None:
    memo = Memo(limit=2)
    chain(user("a"), memo=memo)
    chain(user("b"), memo=memo)
    chain(user("a"), memo=memo)
    chain(user("c"), memo=memo)
    assert chain(user("a"), assistant("x"), user("y"), memo=memo).prefix.length == 1
    assert chain(user("b"), assistant("x"), user("y"), memo=memo).prefix.length == 0


def test_a_memo_that_was_cleared_holds_nothing() -> None:
    memo = Memo()
    chain(user("a"), memo=memo)
    memo.clear()
    assert chain(user("a"), assistant("x"), user("y"), memo=memo).prefix.length == 0


def test_a_memo_holds_one_owners_lists_apart_from_anothers() -> None:
    memo = Memo()
    chain(user("a"), memo=memo, owner=b"1" * 16)
    assert chain(user("a"), assistant("x"), user("y"), memo=memo, owner=b"2" * 16).prefix.length == 0


# Rebasing

AT = b"@" * 16


@given(st.lists(messages, min_size=1, max_size=8), st.data())
def test_rebasing_keeps_the_messages_and_their_order(listed: list[Object], data: st.DataObject) -> None:
    links = chain(*listed).links
    answer = data.draw(st.sampled_from([linked.digest for linked in links]))
    rebased = rebase(links, answer, AT)
    assert [plainly(linked) for linked in rebased] == [plainly(linked) for linked in links]
    tip = b"" if answer else AT
    for linked in rebased:
        if linked.lone and linked.digest:
            assert tip == linked.parent
            assert linked.digest in (AT, link(tip, linked.lone))
            tip = linked.digest


def plainly(linked: Linked) -> tuple[object, ...]:
    return linked.raw, linked.message, linked.lone, linked.tokens, linked.separator


def test_what_follows_the_answer_is_chained_to_where_it_is_stored() -> None:
    links = chain(user("summary"), user("a"), assistant("b"), system("s"), user("c")).links
    rebased = rebase(links, links[2].digest, AT)
    assert [linked.digest for linked in rebased] == [b"", b"", AT, b"", link(AT, links[4].lone)]
    assert [linked.parent for linked in rebased][-1] == AT


def test_rebased_on_no_answer_all_come_after_the_place() -> None:
    links = chain(user("a"), assistant("b")).links
    first = link(AT, links[0].lone)
    rebased = rebase(links, b"", AT)
    assert [(linked.parent, linked.digest) for linked in rebased] == [(AT, first), (first, link(first, links[1].lone))]


def test_an_answer_is_known_by_the_ids_of_its_pieces_unless_they_are_only_counted() -> None:
    message = Message(Role.ASSISTANT, items=("msg_68af01c2d3e4", "msg_1"))
    assert landmarks_of(b"owner", b"lone", message) == (item_digest(b"owner", "msg_68af01c2d3e4"),)
    assert item_digest(b"other", "msg_68af01c2d3e4") != item_digest(b"owner", "msg_68af01c2d3e4")


def test_the_same_bytes_are_another_list_in_another_dialect() -> None:
    body = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
    request = Chat().parse(body)
    lists = {
        Chainer(b"o", Chat().read_message, Chat().role, lambda raw, _: len(raw), Memo(), name)
        .chain(body, request)
        .end.listed
        for name in (b"", b"chat", b"responses")
    }
    assert len(lists) == 3
