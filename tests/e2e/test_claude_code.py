"""Claude Code as it was captured: its session by header or body, and its agents as children of their parent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.e2e.stages import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

CAPTURE = json.loads((Path(__file__).parent.parent / "wire" / "captures" / "claude_code.json").read_text())
PROBE, ASKED = CAPTURE
NAME = "ece98ed9-57e7-4c32-9f6a-8cde1ad5e554"
UNSENT = {"host", "connection", "content-length", "x-api-key", "accept-encoding"}


def headers(key: str, **more: str) -> dict[str, str]:
    """The captured headers, with the test's own key."""
    sent = {name.lower(): value for name, value in ASKED["headers"] if name.lower() not in UNSENT}
    named = {name.replace("_", "-"): text for name, text in more.items()}
    return sent | {"x-api-key": key} | named


async def ask(stage: Stage, given: dict[str, str], text: str = "say hi", **fields: Any) -> Any:
    """The captured request, with another question; the id of its session and how it was found."""
    body = ASKED["body_json"] | {"messages": [{"role": "user", "content": text}]} | fields
    response = await stage.http.post("/v1/messages?beta=true", content=json.dumps(body).encode(), headers=given)
    assert response.status_code == 200
    return response


async def test_its_probe_is_answered(stage: Stage) -> None:
    assert PROBE["request_line"].startswith("HEAD / ")
    assert (await stage.http.head("/")).status_code == 200


async def test_what_it_sends_is_one_session_under_its_own_name(stage: Stage, key: str) -> None:
    response = await ask(stage, headers(key), messages=ASKED["body_json"]["messages"])
    record = await stage.recorded(response)
    assert response.headers["x-session-match"] == "client"
    assert [role for role, _ in record.said] == ["user", "assistant"]
    assert record.exchange.system
    assert record.exchange.stream
    assert stage.heard.query == b"beta=true"
    async with stage.reading() as store:
        row = await store.session(response.headers["x-session-id"])
    assert row is not None
    assert row.name == NAME


async def test_its_session_is_known_from_the_body_alone(stage: Stage, key: str) -> None:
    bare = {name: value for name, value in headers(key).items() if name != "x-claude-code-session-id"}
    first = await ask(stage, headers(key))
    second = await ask(stage, bare, "and again")
    assert second.headers["x-session-id"] == first.headers["x-session-id"]


@pytest.mark.parametrize("agent_first", [False, True])
async def test_its_agents_are_children_of_their_parent(stage: Stage, key: str, agent_first: bool) -> None:
    asks: list[tuple[dict[str, str], str]] = [
        (headers(key), "start an agent"),
        (headers(key, x_claude_code_agent_id="a1"), "look around"),
        (headers(key, x_claude_code_agent_id="a2", x_claude_code_parent_agent_id="a1"), "look closer"),
    ]
    order = -1 if agent_first else 1
    replies = [await ask(stage, *one) for one in asks[::order]]
    main, agent, inner = (UUID(one.headers["x-session-id"]).bytes for one in replies[::order])
    async with stage.reading() as store:
        rows = {row.id: row for row in await store.sessions(limit=100)}
        children = await store.children(main)
    assert rows[main].parent == b""
    assert rows[agent].parent == main
    assert rows[inner].parent == agent
    assert [child.id for child in children] == [agent]
    assert (rows[agent].name, rows[inner].name) == (f"{NAME}/a1", f"{NAME}/a2")
