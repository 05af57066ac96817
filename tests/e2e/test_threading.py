"""Fifty conversations at once through the real proxy, with one key and no session header: each finds its place."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from proxy.config import load_settings
from proxy.server import running as proxy_running
from proxy.standin import create_standin
from storage.opening import open_store
from tests.clients import Called, Said
from tests.placement import Counts, Ledger, Sent
from tests.servers import running
from tests.traffic import Asked, Conversation, Talk, whole, windows

COMPACTED = ("compaction", "after compaction")
AT_ONCE = 24


@dataclass(slots=True)
class Clients:
    """All conversations, each in its own time, no more than so many requests in flight."""

    http: httpx.AsyncClient
    ledger: Ledger = field(default_factory=Ledger)
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def play(self, conversations: Sequence[Conversation]) -> None:
        async with asyncio.TaskGroup() as tasks:
            for conversation in conversations:
                tasks.create_task(self._speak(conversation.talk()))

    async def _speak(self, talk: Talk) -> None:
        asked = next(talk)
        with suppress(StopIteration):
            while True:
                asked = talk.send(await self._send(asked))

    async def _send(self, asked: Asked) -> Said | None:
        headers = {"authorization": "Bearer sk-one", "content-type": "application/json", "x-standin": _wish(asked)}
        async with self.gate:
            response = await self.http.post("/v1/chat/completions", content=asked.body, headers=headers)
        assert response.status_code == (200 if asked.wish else 500), response.text
        reply = _read(response) if asked.wish else None
        exchange, session = (UUID(response.headers[name]).bytes for name in ("x-exchange-id", "x-session-id"))
        self.ledger.entries.append(Sent(asked, exchange, session, response.headers["x-session-match"], reply))
        return reply


def _wish(asked: Asked) -> str:
    if asked.wish is None:
        return "status=500"
    text = f"text={quote(asked.wish.text)}" if asked.wish.text else ""
    return f"tool={asked.wish.calls[0].name};{text}" if asked.wish.calls else text


def _read(response: httpx.Response) -> Said:
    if response.headers["content-type"].startswith("text/event-stream"):
        events = [line.removeprefix("data: ") for line in response.text.split("\n") if line.startswith("data: {")]
        choices = [choice for event in events for choice in json.loads(event)["choices"]]
        return Said("assistant", "".join(choice["delta"].get("content") or "" for choice in choices))
    message: dict[str, Any] = response.json()["choices"][0]["message"]
    calls = message.get("tool_calls") or []
    return Said("assistant", message["content"] or "", tuple(_called(call) for call in calls))


def _called(call: dict[str, Any]) -> Called:
    return Called(call["id"], call["function"]["name"], call["function"]["arguments"])


async def counted(conversations: Sequence[Conversation], folder: Path) -> Counts:
    url = f"sqlite:///{folder / 'steno.db'}"
    async with running(create_standin()) as upstream:
        settings = load_settings(
            flags={
                "server.port": 0,
                "store.url": url,
                "upstream.base_url": f"{upstream}/v1",
                # What waits in the spool isn't looked up: a slow machine must not count as a misplaced request.
                "recording.commit_seconds": 60.0,
            },
            environ={"HOME": str(folder)},
        )
        async with (
            proxy_running(settings) as base_url,
            httpx.AsyncClient(base_url=base_url, timeout=60, trust_env=False) as http,
        ):
            clients = Clients(http)
            await clients.play(conversations)
    store = await open_store(url)
    try:
        counts = await clients.ledger.counts(store)
    finally:
        await store.close()
    sys.stdout.write(f"\n{counts.table()}\n")
    return counts


async def test_each_request_with_its_whole_history_finds_its_session_and_its_place(tmp_path: Path) -> None:
    counts = await counted(whole(seed=10), tmp_path)
    assert counts.total("wrong") == counts.tangled == 0
    kinds = {kind for kind, _ in counts.verdicts} - set(COMPACTED)
    assert counts.share(*kinds) == 1, counts.faults
    assert counts.share(*COMPACTED) >= 0.99, counts.faults


async def test_sliding_windows_find_their_sessions(tmp_path: Path) -> None:
    counts = await counted(windows(seed=10), tmp_path)
    assert counts.total("wrong") == counts.tangled == 0
    assert counts.share("window") >= 0.99, counts.faults
