"""The canonical form of a message: what clients do to an answer before they send it back doesn't change it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.chain import canonical
from tests.clients import CLIENTS, Called, Said
from tests.test_chain import Object, assistant, call, read, same, user

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
