"""Each identifier by which clients and gateways name their sessions: two requests that share nothing else are one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.stages import CHAT, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEADERS = [
    ("x-session-id", "header"),
    ("x-claude-code-session-id", "client"),
    ("session-id", "client"),
    ("session_id", "client"),
    ("thread-id", "client"),
    ("conversation_id", "client"),
    ("x-session-affinity", "client"),
    ("helicone-session-id", "client"),
    ("x-litellm-session-id", "client"),
    ("x-bf-session-id", "client"),
    ("x-litellm-trace-id", "client"),
    ("x-portkey-trace-id", "client"),
]
BODIES: list[tuple[dict[str, Any], str, str]] = [
    ({"metadata": {"session_id": "b1"}}, "", "header"),
    ({"session_id": "b2"}, "", "client"),
    ({"litellm_session_id": "b3"}, "", "client"),
    ({"conversation": "b4"}, "", "client"),
    ({"conversation": {"id": "b5"}}, "", "client"),
    ({"prompt_cache_key": "b6"}, "codex_exec/0.169.0 (Debian 12.0.0; x86_64)", "client"),
    (
        {"metadata": {"user_id": '{"device_id":"d","account_uuid":"","session_id":"b7"}'}},
        "claude-cli/2.1.197",
        "client",
    ),
]


async def asked(
    stage: Stage, key: str, text: str, headers: dict[str, str], fields: dict[str, Any] | None = None
) -> tuple[str, str, bytes]:
    """The session, the rule by which a request got there, and what was sent."""
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}], **(fields or {})}).encode()
    reply = await stage.post(CHAT, key, body, headers)
    return reply.headers["x-session-id"], reply.headers["x-session-match"], body


@pytest.mark.parametrize(("name", "match"), HEADERS)
async def test_a_header_names_the_session_and_goes_on(stage: Stage, key: str, name: str, match: str) -> None:
    one = await asked(stage, key, "One?", {name: "mine"})
    assert stage.heard.header(name.encode()) == "mine"
    two = await asked(stage, key, "Two?", {name: "mine"})
    other = await asked(stage, key, "One?", {name: "yours"})
    assert one[:2] == two[:2] == (one[0], match)
    assert other[0] != one[0]


@pytest.mark.parametrize(("fields", "agent", "match"), BODIES)
async def test_a_field_of_the_body_names_the_session(
    stage: Stage, key: str, fields: dict[str, Any], agent: str, match: str
) -> None:
    headers = {"user-agent": agent}
    one = await asked(stage, key, "One?", headers, fields)
    two = await asked(stage, key, "Two?", headers, fields)
    assert one[:2] == two[:2] == (one[0], match)
    assert (await asked(stage, key, "One?", headers))[0] != one[0]


@pytest.mark.parametrize(
    "fields",
    [{"user": "ada"}, {"safety_identifier": "ada"}, {"prompt_cache_key": "k"}, {"metadata": {"user_id": "ada"}}],
)
async def test_a_person_or_a_cache_names_no_session(stage: Stage, key: str, fields: dict[str, Any]) -> None:
    one = await asked(stage, key, "One?", {}, fields)
    two = await asked(stage, key, "Two?", {}, fields)
    assert (one[1], two[1]) == ("new", "new")
    assert one[0] != two[0]


async def test_an_agent_of_claude_code_is_a_child_of_its_session(stage: Stage, key: str) -> None:
    session = {"x-claude-code-session-id": "S"}
    parent = await asked(stage, key, "One?", session)
    child = await asked(stage, key, "Two?", session | {"x-claude-code-agent-id": "a1"})
    async with stage.reading() as store:
        found = await store.session(child[0])
        above = await store.session(parent[0])
    assert found is not None
    assert above is not None
    assert found.parent == above.id != found.id
