"""An agent looks up what was closed of its own conversation, as its key allows."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.stages import staged
from tests.e2e.test_context import STRICT, talk

pytest.importorskip("mcp", reason="the extra mcp isn't installed")

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client


async def test_an_agent_unfolds_the_summaries_of_its_own_conversation() -> None:
    key, listed = f"sk-{uuid4()}", talk(60)
    async with staged(context__mode="on", context__token_threshold=700) as stage:
        response = await stage.chat(key, *listed, wish=STRICT)
        headers = {"authorization": f"Bearer {key}"}
        async with (
            httpx2.AsyncClient(headers=headers, trust_env=False) as http,
            Client(streamable_http_client(f"{stage.base_url}/mcp", http_client=http)) as client,
        ):
            asked = {"session": response.headers["x-session-id"]}
            told: Any = (await client.call_tool("session_summary", asked)).structured_content
            unfolded: Any = [
                (await client.call_tool("expand", {"segment": one["segment"]})).structured_content
                for one in told["summaries"]
            ]
    texts = [message["text"] for one in unfolded for message in one["messages"]]
    assert len(texts) > 80
    assert texts == [message["content"] for message in listed[1 : 1 + len(texts)]]
