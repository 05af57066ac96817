"""Conversations from elsewhere, told to a store."""

from __future__ import annotations

import json

import pytest

from proxy.imports.conversations import Conversation, Recounted, Step
from storage.opening import open_store
from storage.ports import Store
from storage.records import Closed, Opened

OWNER = b"o" * 16


def step(role: str, text: str, **more: object) -> Step:
    return Step(json.dumps({"role": role, "content": text}).encode(), **more)  # type: ignore[arg-type]


TALK = Conversation(
    (
        step("system", "Be brief."),
        step("user", "Hi"),
        step("assistant", "Hello!", completion_tokens=2, prompt_tokens=5),
        step("user", "And?"),
        Step(error="no luck"),
        step("user", "Again?"),
        step("assistant", "Yes"),
        step("user", "Last"),
    ),
    name="mine",
    title="A talk",
)


def recounted(talk: Conversation, key: bytes = b"") -> list[Opened | Closed]:
    exchanges = Recounted(OWNER, talk, lambda raw, _: len(raw), 1_000, key).exchanges()
    return [record for exchange in exchanges for record in exchange if isinstance(record, Opened | Closed)]


async def told(*talks: Conversation) -> Store:
    store = await open_store("sqlite://:memory:")
    for talk in talks:
        await store.write(recounted(talk))
    return store


async def test_each_answer_and_each_error_ends_an_exchange() -> None:
    store = await told(TALK)
    (row,) = await store.sessions()
    assert (row.name, row.title, row.messages, row.exchanges, row.errors) == ("mine", "A talk", 6, 4, 1)
    assert [(one.role, one.text, one.relayed) for one in await store.messages(row.id)] == [
        ("user", "Hi", False),
        ("assistant", "Hello!", True),
        ("user", "And?", False),
        ("user", "Again?", False),
        ("assistant", "Yes", True),
        ("user", "Last", False),
    ]
    await store.close()


async def test_told_twice_is_told_once() -> None:
    store = await told(TALK, TALK)
    assert ((await store.totals()).exchanges, (await store.totals()).messages) == (4, 6)
    await store.close()


def test_equal_talks_are_told_apart_by_their_key() -> None:
    sessions = {record.session for key in (b"1", b"2") for record in recounted(TALK, key) if isinstance(record, Opened)}
    assert len(sessions) == 2


@pytest.mark.parametrize("other", [Conversation(TALK.steps[:2]), Conversation(TALK.steps, name="other")])
def test_talks_differ_by_name_or_by_what_was_said(other: Conversation) -> None:
    assert TALK.digest() != other.digest()


def test_nothing_said_is_nothing_told() -> None:
    assert recounted(Conversation(())) == []
