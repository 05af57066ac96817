"""Sessions over the real server: listed, read, made, described, mended, deleted."""

import pytest

from tests.api.readers import Reader

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIELDS = frozenset(
    [
        "session_id",
        "session_segments",
        "session_chain",
        "total_events",
        "total_messages",
        "user_messages",
        "ai_messages",
        "tool_calls",
        "decisions",
        "errors",
        "prompt_tokens",
        "completion_tokens",
        "cached_tokens",
        "total_tokens",
        "tokens_saved",
        "estimated_cost",
        "created_at",
        "last_update",
        "infinite_context",
    ]
)


async def test_pages_hold_every_session_once_while_others_arrive(reader: Reader) -> None:
    ids = [(await reader.talk(f"Hello {number}"))[0] for number in range(3)]
    first = await reader.get("/sessions", limit=2)
    await reader.talk("Hello again")
    rest = await reader.get("/sessions", limit=2, cursor=first["next_cursor"])
    assert [one["id"] for one in (*first["data"], *rest["data"])] == ids[::-1]
    assert rest["next_cursor"] is None


async def test_filters_narrow_the_list(reader: Reader) -> None:
    session, _ = await reader.talk("What do whales sing?", headers={"x-session-tags": "sea"})
    await reader.talk("Hello")
    row = (await reader.get("/sessions", q="WHALES"))["data"][0]
    for query in (
        {"q": "whales"},
        {"tag": "sea"},
        {"until": row["last_update"], "since": row["created_at"]},
        {"owner": row["owner"], "tag": "sea", "has_errors": "false", "model": "gpt-4o-mini", "order": "activity"},
    ):
        assert [one["id"] for one in (await reader.get("/sessions", **query))["data"]] == [session], query
    assert (await reader.get("/sessions", owner="0" * 32))["data"] == []


async def test_the_messages_are_ready_to_be_sent_again(reader: Reader) -> None:
    system = {"role": "system", "content": "Be brief."}
    question = {"role": "user", "content": "Hello there", "name": "ann"}
    reply = await reader.stage.chat(reader.key, system, question)
    answer = reply.json()["choices"][0]["message"]
    session = reply.headers["x-session-id"]
    listed = (await reader.get(f"/sessions/{session}/messages"))["data"]
    assert listed == [system, question, answer]
    again = await reader.stage.chat(reader.key, *listed, "Go on")
    assert again.headers["x-session-id"] == session


async def test_the_main_line_is_the_latest_branch_and_others_have_numbers(reader: Reader) -> None:
    session, messages = await reader.talk("Hello", "left")
    await reader.stage.chat(reader.key, *messages[:2], "right")
    detail = await reader.get(f"/sessions/{session}")
    main = (await reader.get(f"/sessions/{session}/messages"))["data"]
    first = (await reader.get(f"/sessions/{session}/messages", branch=1))["data"]
    assert (len(detail["forks"]), detail["main"]) == (2, 2)
    assert (main[2]["content"], first) == ("right", messages)
    assert (await reader.call("GET", f"/sessions/{session}/messages?branch=3")).status_code == 404


async def test_the_sums_have_all_their_names(reader: Reader) -> None:
    session, _ = await reader.talk("Hello", "And?")
    stats = await reader.get(f"/sessions/{session}/stats")
    assert set(stats) >= FIELDS
    assert (stats["total_messages"], stats["user_messages"], stats["ai_messages"]) == (4, 2, 2)
    assert stats == (await reader.get(f"/sessions/{session}"))["stats"]
    assert await reader.get(f"/sessions/{session}/segments") == {"data": [], "next_cursor": None}


async def test_a_session_is_made_described_and_continued_under_its_name(reader: Reader) -> None:
    parent, _ = await reader.talk("Hello")
    made = await reader.post(
        "/sessions", {"id": reader.key, "parent_id": parent, "tags": ["a"], "metadata": {"k": "v"}}
    )
    assert (made["name"], made["parent_id"], made["tags"], made["stats"]["total_events"]) == (
        reader.key,
        parent,
        ["a"],
        0,
    )
    assert (await reader.get(f"/sessions/{parent}"))["child_ids"] == [made["id"]]
    assert (await reader.call("POST", "/sessions", json={"id": reader.key})).status_code == 409
    changes = {"title": "T", "metadata": {"k": None, "z": "1"}, "parent_id": None}
    changed = (await reader.call("PATCH", f"/sessions/{reader.key}", json=changes)).json()
    assert (changed["title"], changed["metadata"], changed["parent_id"]) == ("T", {"z": "1"}, None)
    session, _ = await reader.talk("Hi", headers={"x-session-id": reader.key})
    assert session == made["id"]


async def test_a_session_never_stands_below_itself(reader: Reader) -> None:
    session, _ = await reader.talk("Hello")
    answer = await reader.call("PATCH", f"/sessions/{session}", json={"parent_id": session})
    assert answer.status_code == 409
    other, _ = await reader.talk("Hello there")
    below = (await reader.call("PATCH", f"/sessions/{session}", json={"parent_id": other})).json()
    assert below["parent_id"] == other


async def test_a_split_and_a_merge_mend_the_threading(reader: Reader) -> None:
    session, messages = await reader.talk("Hello", "left")
    await reader.stage.chat(reader.key, *messages[:2], "right")
    whole = await reader.get(f"/sessions/{session}")
    made = await reader.post(f"/sessions/{session}/split", {"message": whole["forks"][1]["first_message"]})
    assert (made["title"], made["stats"]["total_messages"]) == ("right", 4)
    assert (await reader.get(f"/sessions/{session}/messages"))["data"] == messages
    merged = await reader.post(f"/sessions/{session}/merge", {"session": made["id"]})
    assert (merged["stats"], merged["forks"]) == (whole["stats"], whole["forks"])
    assert (await reader.call("GET", f"/sessions/{made['id']}")).status_code == 404
    for path, body in (("split", {"message": 2**53}), ("merge", {"session": session})):
        assert (await reader.call("POST", f"/sessions/{session}/{path}", json=body)).status_code == 409


async def test_a_deleted_session_is_gone_and_the_conversation_may_begin_anew(reader: Reader) -> None:
    session, messages = await reader.talk("Hello", "And?")
    answer = await reader.call("DELETE", f"/sessions/{session}")
    assert answer.json() == {"id": session, "deleted": True}
    assert (await reader.call("GET", f"/sessions/{session}")).status_code == 404
    again = await reader.stage.chat(reader.key, *messages, "Still there?")
    new = again.headers["x-session-id"]
    assert new != session
    assert (await reader.get(f"/sessions/{new}/messages"))["data"][:4] == messages


@pytest.mark.parametrize("key", ["nobody", "019a7c3e-1234-7000-8000-000000000000", "019a7c"])
async def test_an_unknown_id_is_a_404_and_another_owners_is_the_same(reader: Reader, key: str) -> None:
    stranger, _ = await Reader(reader.stage, "sk-stranger").talk("Hello")
    unknown = await reader.call("GET", f"/sessions/{key}")
    theirs = await reader.call("GET", f"/sessions/{stranger}")
    assert (unknown.status_code, unknown.content) == (theirs.status_code, theirs.content)
    assert unknown.json()["error"]["code"] == "not_found"


async def test_only_a_whole_id_names_a_session(reader: Reader) -> None:
    session, _ = await reader.talk("Hello")
    assert (await reader.call("DELETE", f"/sessions/{session[:13]}")).status_code == 404
    assert (await reader.get(f"/sessions/{session.replace('-', '')}"))["id"] == session


async def test_images_come_back_as_they_were(reader: Reader) -> None:
    image = "data:image/png;base64," + "iVBORw0KGgoAAAANSUhEUgAA" * 40
    part = {"type": "image_url", "image_url": {"url": image}}
    reply = await reader.stage.chat(reader.key, {"role": "user", "content": [part]})
    session = reply.headers["x-session-id"]
    assert (await reader.get(f"/sessions/{session}/messages"))["data"][0]["content"] == [part]
    assert (await reader.call("DELETE", f"/sessions/{session}")).status_code == 200
