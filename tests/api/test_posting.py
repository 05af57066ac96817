"""Messages that were posted are messages like any other."""

import pytest

from tests.api.readers import Reader

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_client_goes_on_from_messages_that_were_posted(reader: Reader) -> None:
    session, messages = await reader.talk("Hello")
    path = f"/sessions/{session}/events"
    asked = await reader.post(path, {"type": "message", "role": "user", "content": "Who are you?"})
    told = await reader.post(path, {"type": "message", "role": "assistant", "content": "Nobody.", "confidence": 0.9})
    assert (asked["source"], asked["content"], told["confidence"]) == ("user", "Who are you?", 0.9)
    posted = [{"role": "user", "content": "Who are you?"}, {"role": "assistant", "content": "Nobody."}]
    assert (await reader.get(f"/sessions/{session}/messages"))["data"] == [*messages, *posted]
    again = await reader.stage.chat(reader.key, *messages, *posted, "Go on")
    assert (again.headers["x-session-id"], again.headers["x-session-match"]) == (session, "history")
    assert (await reader.get(f"/sessions/{session}"))["main"] == 1


async def test_a_conversation_may_begin_with_posted_messages(reader: Reader) -> None:
    made = await reader.post("/sessions", {"title": ""})
    path = f"/sessions/{made['id']}/events"
    await reader.post(path, {"type": "message", "role": "user", "content": [{"type": "text", "text": "Weather?"}]})
    call = {"id": "call_9", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    await reader.post(path, {"type": "message", "role": "assistant", "tool_calls": [call]})
    await reader.post(path, {"type": "message", "role": "tool", "tool_call_id": "call_9", "content": "24 °C"})
    log = (await reader.get(path))["data"]
    assert [one["type"] for one in log] == ["message", "message", "tool_call", "tool_result"]
    assert (log[2]["success"], log[3]["call_id"]) == (True, "call_9")
    detail = await reader.get(f"/sessions/{made['id']}")
    assert (detail["title"], detail["stats"]["tool_calls"], len(detail["forks"])) == ("Weather?", 1, 1)


async def test_equal_messages_one_after_the_other_are_two(reader: Reader) -> None:
    session, _ = await reader.talk("Hello")
    for _ in range(2):
        await reader.post(f"/sessions/{session}/events", {"type": "message", "role": "user", "content": "Ping"})
    assert (await reader.get(f"/sessions/{session}/stats"))["user_messages"] == 3
