"""The canonical form survives what clients do to a message; digests name a whole history; a memo changes no answer."""

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
from tests.clients import CLIENTS, Called, Said
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


# The canonical form

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
arguments = st.dictionaries(texts, values, max_size=3)
calleds = st.builds(lambda identity, name, value: Called(identity, name, json.dumps(value)), texts, texts, arguments)
answers = st.builds(lambda text, calls: Said("assistant", text, tuple(calls)), texts, st.lists(calleds, max_size=2))


@given(answers)
def test_every_client_sends_an_answer_back_with_the_same_canonical_form(said: Said) -> None:
    relayed = assistant(said.text, refusal=None, annotations=[])
    relayed |= {"tool_calls": [call(one.id, one.arguments, one.name) for one in said.calls]} if said.calls else {}
    forms = {client.name: canonical(read(client.message(said))) for client in CLIENTS if client.tools or not said.calls}
    assert set(forms.values()) == {canonical(read(relayed))}


@given(st.sampled_from(["user", "system"]), texts)
def test_every_client_writes_a_question_with_the_same_canonical_form(role: str, text: str) -> None:
    assert len({canonical(read(client.message(Said(role, text)))) for client in CLIENTS}) == 1


@pytest.mark.parametrize(
    "sent",
    [
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": []},
        {"role": "assistant"},
        {"role": "assistant", "content": None, "tool_calls": None, "function_call": None, "name": None},
        {"role": "assistant", "content": None, "tool_calls": [], "refusal": "No.", "annotations": [{"type": "x"}]},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]},
        {"role": "assistant", "audio": {"id": "audio_1", "transcript": "Hello"}},
        {"role": "assistant", "content": "\n ", "reasoning": "Hm.", "reasoning_content": "Hm."},
    ],
)
def test_what_is_empty_or_dropped_by_clients_does_not_count(sent: Object) -> None:
    assert same(sent, assistant(None))


def test_an_answer_counts_without_the_space_around_it_and_a_question_with_it() -> None:
    assert same(assistant(" Yes.\n"), assistant("Yes."))
    assert same(assistant("One.\r\nTwo."), assistant("One.\nTwo."))
    assert not same(user(" Yes.\n"), user("Yes."))


@pytest.mark.parametrize(
    "relayed",
    [
        "<think>Hm.</think>Yes.",
        "<think>\nI am told to use <think>.\n</think>\n\nYes.",
        "<think></think>\n\nYes.",
        "Hm.\n</think>\n\nYes.",
        "<thinking>Hm.</thinking> Yes.",
        "<thought>Hm.</thought>Yes.",
    ],
)
def test_an_answer_counts_without_the_reasoning_that_it_begins_with(relayed: str) -> None:
    assert same(assistant(relayed), assistant("Yes."))
    assert not same(user(relayed), user("Yes."))


@pytest.mark.parametrize("text", ["Put it between <think> and </think>.", "<think>Hm.", "</thead>"])
def test_an_answer_that_only_speaks_of_such_tags_counts_whole(text: str) -> None:
    assert not same(assistant(text), assistant(text.partition("</think>")[2]))
    assert not same(assistant(text), assistant(f"{text}."))


@pytest.mark.parametrize(
    ("relayed", "sent"),
    [
        ('{"b": 1.0, "a": [1e3, -0.0]}', '{"a":[1000,0],"b":1}'),
        ('{"n": 12345678901234567890}', '{"n":12345678901234567000}'),
        ('{"t": "\\u00e9 \\/"}', '{"t":"é /"}'),
        ("", "{}"),
        (" ", "{}"),
    ],
)
def test_arguments_count_by_their_value(relayed: str, sent: str) -> None:
    assert same(assistant(None, tool_calls=[call("c", relayed)]), assistant("", tool_calls=[call("c", sent)]))


@pytest.mark.parametrize("odd", ['{"a": ', "plain", "[" * 100_000])
def test_arguments_that_are_no_json_count_as_they_are(odd: str) -> None:
    assert same(assistant(None, tool_calls=[call("c", odd)]), assistant(None, tool_calls=[call("c", odd)]))
    assert not same(assistant(None, tool_calls=[call("c", odd)]), assistant(None, tool_calls=[call("c", odd + " ")]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (user("a"), user("b")),
        (user("a"), assistant("a")),
        (user("a"), {**user("a"), "name": "Ada"}),
        (assistant(None, tool_calls=[call("c", "{}")]), assistant(None, tool_calls=[call("d", "{}")])),
        (assistant(None, tool_calls=[call("c", "{}")]), assistant(None, tool_calls=[call("c", "{}", "g")])),
        (assistant(None, tool_calls=[call("c", "{}")]), assistant(None, tool_calls=[call("c", '{"a": 1}')])),
        (
            {"role": "tool", "tool_call_id": "c", "content": "x"},
            {"role": "tool", "tool_call_id": "d", "content": "x"},
        ),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://a/1.png"}}]},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://a/2.png"}}]},
        ),
    ],
)
def test_what_differs_in_meaning_differs(one: Object, other: Object) -> None:
    assert not same(one, other)


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
