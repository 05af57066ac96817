"""Fifty conversations of one key, no header, placed by their histories alone: counted against the truth."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from storage.opening import open_store
from storage.ports import Store
from tests.clients import CLIENTS, Called, Said
from tests.placement import Counts
from tests.recording import Recording, play
from tests.traffic import Conversation, forgetful, whole, windows

CAPTURES = Path(__file__).parent / "wire" / "captures"
COMPACTED = ("compaction", "after compaction")


async def counted(conversations: list[Conversation], seed: int) -> Counts:
    store = await open_store("sqlite://:memory:")
    try:
        ledger = await play(conversations, Recording(store), Random(seed))  # noqa: S311
        counts = await ledger.counts(store)
    finally:
        await store.close()
    sys.stdout.write(f"\n{counts.table()}\n")
    return counts


@pytest.mark.parametrize("seed", range(2))
async def test_each_request_with_its_whole_history_finds_its_session_and_its_place(seed: int) -> None:
    counts = await counted(whole(seed), seed)
    assert counts.total("wrong") == counts.tangled == 0
    kinds = {kind for kind, _ in counts.verdicts} - set(COMPACTED)
    assert counts.share(*kinds) == 1, counts.faults
    assert counts.share(*COMPACTED) >= 0.99, counts.faults


@pytest.mark.parametrize("seed", range(2))
async def test_sliding_windows_find_their_sessions(seed: int) -> None:
    counts = await counted(windows(seed), seed)
    assert counts.total("wrong") == counts.tangled == 0
    assert counts.share("window") >= 0.99, counts.faults


@pytest.mark.parametrize("seed", range(2))
async def test_histories_without_the_tools_in_them_find_their_sessions_and_their_places(seed: int) -> None:
    counts = await counted(forgetful(seed), seed)
    assert counts.total("wrong") == counts.tangled == 0
    kinds = {kind for kind, _ in counts.verdicts} - {*COMPACTED, "window"}
    assert counts.share(*kinds) == 1, counts.faults
    assert counts.share(*COMPACTED, "window") >= 0.99, counts.faults


def test_traffic_is_the_same_from_the_same_seed() -> None:
    def bodies(seed: int) -> list[bytes]:
        return [next(conversation.talk()).body for conversation in whole(seed)]

    assert bodies(1) == bodies(1) != bodies(2)


@pytest.mark.parametrize(
    ("client", "capture"),
    [
        ("ai-sdk", "ai-sdk_chat_tools"),
        ("llm-cli", "llm_cli_continue"),
        ("llm-cli", "llm_cli_tools"),
        ("openai-node", "openai-node_runTools"),
        ("openai-python", "openai-python_tools"),
        ("opencode", "opencode"),
        ("pydantic-ai", "pydantic-ai_chat"),
    ],
)
def test_a_client_writes_answers_as_it_was_captured(client: str, capture: str) -> None:
    exchanges = json.loads((CAPTURES / f"{capture}.json").read_text())
    captured = next(
        message
        for exchange in reversed(exchanges)
        for message in exchange["body_json"]["messages"]
        if message["role"] == "assistant"
    )
    calls = tuple(
        Called(call["id"], call["function"]["name"], call["function"]["arguments"])
        for call in captured.get("tool_calls", ())
    )
    said = Said("assistant", captured["content"] or "", calls)
    written = next(one for one in CLIENTS if one.name == client).message(said)
    assert json.dumps(written) == json.dumps(captured)


# What must not be joined


def body(*messages: dict[str, Any]) -> bytes:
    return json.dumps({"model": "m", "messages": messages}).encode()


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def said(text: str) -> Said:
    return Said("assistant", text)


def assistant(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


@pytest.fixture
async def store() -> Any:
    opened = await open_store("sqlite://:memory:")
    yield opened
    await opened.close()


async def ask(recording: Recording, messages: list[dict[str, Any]], answer: Said | None) -> tuple[bytes, str]:
    opened, standing = await recording.open(body(*messages))
    await recording.close(opened, standing, answer)
    return opened.session, opened.match


async def test_a_greeting_after_a_failed_greeting_that_was_tried_again_is_a_new_session(store: Store) -> None:
    recording = Recording(store)
    failed = await ask(recording, [user("hi")], None)
    retried = await ask(recording, [user("hi")], said("Hello!"))
    another = await ask(recording, [user("hi")], said("Hello!"))
    assert retried == (failed[0], "retry")
    assert another[1] == "new"
    assert another[0] != failed[0]


async def test_an_open_exchange_is_never_retried(store: Store) -> None:
    recording = Recording(store)
    first, _ = await recording.open(body(user("hi")))
    second, _ = await recording.open(body(user("hi")))
    assert first.session != second.session
    assert second.match == "new"


@pytest.mark.parametrize(("identity", "match"), [("call_0", "new"), ("call_uQ3xY7bLm2", "overlap")])
async def test_a_counted_call_id_joins_nothing_by_itself(store: Store, identity: str, match: str) -> None:
    """The second conversation's own call went past the proxy; its id, name and arguments are those of the first."""
    recording = Recording(store)
    call = Called(identity, "fetch_clock", "{}")
    wire = CLIENTS[0].message(Said("assistant", calls=(call,)))
    await ask(recording, [user("What time is it?")], Said("assistant", calls=(call,)))
    result = {"role": "tool", "tool_call_id": identity, "content": "noon"}
    _, found = await ask(recording, [user("Is it late?"), wire, result], said("No."))
    assert found == match


async def test_conversations_with_the_same_calls_stay_apart(store: Store) -> None:
    recording = Recording(store)
    call = Called("call_0", "fetch_clock", "{}")
    wire = CLIENTS[0].message(Said("assistant", calls=(call,)))
    result = {"role": "tool", "tool_call_id": "call_0", "content": "noon"}
    questions = ("What time is it?", "Is it late?")
    first = [await ask(recording, [user(text)], Said("assistant", calls=(call,))) for text in questions]
    then = [await ask(recording, [user(text), wire, result], said("Noon.")) for text in questions]
    assert [session for session, _ in then] == [session for session, _ in first]
    later = [user("Thanks"), wire, result, assistant("Noon."), user("And now?")]
    _, match = await ask(recording, later, said("Still noon."))
    assert match == "new"


async def test_an_answer_whose_reasoning_the_client_takes_out_goes_on_from_its_history(store: Store) -> None:
    recording = Recording(store)
    first = await ask(recording, [user("Is it?")], said("<think>\nHm.\n</think>\n\nIt is."))
    then = await ask(recording, [user("Is it?"), assistant("It is."), user("Why?")], said("<think>So.</think>So."))
    assert then == (first[0], "history")


PREFILLED = [user("As JSON?"), assistant("{")]


@pytest.mark.parametrize(
    "shown",
    [
        [user("As JSON?"), assistant('{"a": 1}')],
        [*PREFILLED, assistant('"a": 1}')],
    ],
)
async def test_an_answer_whose_beginning_the_client_gave_goes_on_however_it_is_sent_back(
    store: Store, shown: list[dict[str, Any]]
) -> None:
    recording = Recording(store)
    first = await ask(recording, PREFILLED, said('"a": 1}'))
    again = await ask(recording, PREFILLED, said('"b": 2}'))
    history = [*shown, user("Thanks")]
    assert await ask(recording, history, said("Welcome.")) == (first[0], "history")
    history += [assistant("Welcome."), user("Bye")]
    assert await ask(recording, history, said("Bye!")) == (first[0], "history")
    assert again[0] != first[0]
    texts = [message.text for message in await store.messages(first[0])]
    assert texts == ["As JSON?", "{", '"a": 1}', "Thanks", "Welcome.", "Bye", "Bye!"]


async def worked(recording: Recording, history: list[dict[str, Any]]) -> list[tuple[bytes, str]]:
    """The places of a question's requests, on whose way to its answer tools are called."""
    calling = Said("assistant", "", (Called("call_0", "clock", "{}"),))
    steps = [CLIENTS[0].message(calling), {"role": "tool", "tool_call_id": "call_0", "content": "noon"}]
    places = [await ask(recording, [*history, *steps * count], calling) for count in range(3)]
    return [*places, await ask(recording, [*history, *steps * 3], said("Noon."))]


@pytest.mark.parametrize(("kept", "matches"), [(100, {"history"}), (2, {"history", "overlap"})])
async def test_a_history_without_the_tools_in_it_is_the_same_history(
    store: Store, kept: int, matches: set[str]
) -> None:
    """Many keep questions and last answers only, and some of those only the latest of them."""
    recording = Recording(store)
    shown: list[dict[str, Any]] = []
    places = []
    for turn in range(4):
        question = user(f"What time is it in {turn}?")
        places += await worked(recording, [*shown[-kept:], question])
        shown += [question, assistant("Noon.")]
    assert {session for session, _ in places} == {places[0][0]}
    assert {match for _, match in places[1:]} == matches
    rows = await store.messages(places[0][0])
    assert [row.role for row in rows] == ["user", *["assistant", "tool"] * 3, "assistant"] * 4
    assert [row.parent for row in rows] == [0, *(row.id for row in rows[:-1])]


async def test_an_answer_that_the_client_broke_off_goes_on_from_what_it_had_read(store: Store) -> None:
    """What was on its way when the client stopped is recorded, and was never shown."""
    recording = Recording(store)
    for name in ("Ada", "Bob"):
        opened, standing = await recording.open(body(user(f"Who is {name}?")))
        await recording.close(opened, standing, said("A person. One who"), ending="client_gone")
        history = [user(f"Who is {name}?"), assistant("A person."), user("Thanks")]
        assert await ask(recording, history, said("Welcome.")) == (opened.session, "history")
        history += [assistant("Welcome."), user("Bye")]
        assert await ask(recording, history, said("Bye!")) == (opened.session, "history")


async def test_a_history_that_was_compacted_is_known_as_it_is_shown_from_then_on(store: Store) -> None:
    recording = Recording(store)
    first = await ask(recording, [user("Tell me.")], said("Told."))
    others = [await ask(recording, [user(f"Tell {name}.")], said("Told.")) for name in ("Ada", "Bob")]
    history = [user("So far: much."), user("Tell me."), assistant("Told."), user("Go on.")]
    assert await ask(recording, history, said("Gone.")) == (first[0], "overlap")
    history += [assistant("Gone."), user("Go on.")]
    assert await ask(recording, history, said("Gone on.")) == (first[0], "history")
    assert len({first[0], *(session for session, _ in others)}) == 3


async def test_examples_shared_by_many_requests_join_none_of_them(store: Store) -> None:
    recording = Recording(store)
    shots = [user("great film"), assistant("positive")]
    found = [await ask(recording, [*shots, user(f"film {number}")], said("negative")) for number in range(5)]
    assert {match for _, match in found} == {"new"}
    assert len({session for session, _ in found}) == 5


async def test_a_pair_that_one_session_holds_ten_times_is_not_its_own_if_another_holds_it(store: Store) -> None:
    recording = Recording(store)
    await ask(recording, [user("Thanks!")], said("Welcome."))
    history = [user("Tell me.")]
    for _ in range(12):
        await ask(recording, history, said("Told."))
        history += [assistant("Told."), user("Thanks!")]
        await ask(recording, history, said("Welcome."))
        history += [assistant("Welcome."), user("Tell me.")]
    _, match = await ask(recording, [user("Thanks!"), assistant("Welcome."), user("x")], said("y"))
    assert match == "history"
    window = [user("So far: much."), user("Thanks!"), assistant("Welcome."), user("x")]
    assert (await ask(recording, window, said("y")))[1] == "new"


async def test_a_pair_that_many_hold_is_known_by_the_pair_before_it(store: Store) -> None:
    recording = Recording(store)
    sessions = []
    for name in ("Ada", "Bob"):
        history = [user(f"Who is {name}?")]
        sessions.append((await ask(recording, history, said(f"{name} is a person.")))[0])
        history += [assistant(f"{name} is a person."), user("Thanks!")]
        await ask(recording, history, said("Welcome."))
    window = [user("Who is Ada?"), assistant("Ada is a person."), user("Thanks!"), assistant("Welcome."), user("Bye")]
    assert await ask(recording, [user("So far: much."), *window], said("Bye!")) == (sessions[0], "overlap")
