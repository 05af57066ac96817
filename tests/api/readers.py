"""A caller of ``/api``: a client with a key of its own, and the conversation that it had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import pytest_asyncio

from tests.e2e.stages import Stage


@dataclass(frozen=True, slots=True)
class Reader:
    """Talks, and reads what it said."""

    stage: Stage
    key: str

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A call under the caller's key."""
        headers = {"authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        return await self.stage.http.request(method, f"/api{path}", headers=headers, **more)

    async def get(self, path: str, **query: Any) -> Any:
        """What is there."""
        answer = await self.call("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: object) -> Any:
        """What was made."""
        answer = await self.call("POST", path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def talk(self, *texts: str, **more: Any) -> tuple[str, list[Any]]:
        """A conversation, one text after the other: its session, and its messages."""
        messages: list[Any] = []
        session = ""
        for text in texts:
            messages.append({"role": "user", "content": text})
            reply = await self.stage.chat(self.key, *messages, **more)
            session = reply.headers["x-session-id"]
            messages.append(reply.json()["choices"][0]["message"])
        return session, messages


@pytest_asyncio.fixture(loop_scope="module")
async def reader(stage: Stage, key: str) -> Reader:
    """Somebody new."""
    return Reader(stage, key)
