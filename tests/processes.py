"""The real command as a process of its own: started, signalled, waited for."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from storage.opening import open_store
from storage.ports import Store

ROOT = Path(__file__).resolve().parent.parent
SAID = "steno: serving on "


@dataclass(frozen=True, slots=True)
class Serving:
    """A running `steno serve`."""

    process: Process
    base_url: str
    store: Path
    log: Path

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """Talk to it, each time over a connection of its own."""
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(base_url=self.base_url, trust_env=False, timeout=60, limits=limits) as http:
            yield http

    async def chat(self, talk: Sequence[dict[str, str]], wish: str = "", **fields: Any) -> httpx.Response:
        """A chat request."""
        headers = {"authorization": "Bearer sk-1", "x-standin": wish}
        body = {"model": "gpt-4o-mini", "messages": talk, **fields}
        async with self.client() as http:
            return await http.post("/v1/chat/completions", json=body, headers=headers)

    async def shut(self) -> None:
        """Wait until it takes no new connections."""
        parts = urlsplit(self.base_url)
        with suppress(ConnectionError):
            while True:
                _, writer = await asyncio.open_connection(parts.hostname, parts.port)
                writer.close()

    async def ended(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; its exit code."""
        self.process.send_signal(number)
        return await self.process.wait()


@asynccontextmanager
async def serving(store: Path, upstream: str, **settings: object) -> AsyncIterator[Serving]:
    """Serve: `serving(…, recording__durability="strict")`. Whatever is left at the end is killed, its workers, too."""
    command = ["-m", "proxy.cli", "serve", "--port", "0", "--store", f"sqlite:///{store}"]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("STENO_")}
    chosen = {f"STENO_{name.upper()}": str(value) for name, value in settings.items()}
    log = store.parent.parent / "steno.log"
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *[*command, "--upstream", f"{upstream}/v1"],
            cwd=log.parent,
            env={**ours, **chosen, "PYTHONPATH": str(ROOT)},
            stdout=PIPE,
            stderr=errors,
            start_new_session=True,
        )
    try:
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        assert line.startswith(SAID), log.read_text()
        yield Serving(process, line.removeprefix(SAID).strip(), store, log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


@asynccontextmanager
async def reading(store: Path) -> AsyncIterator[Store]:
    """A store, to look at."""
    opened = await open_store(f"sqlite:///{store}", readonly=True)
    try:
        yield opened
    finally:
        await opened.close()


async def said(store: Path) -> list[list[str]]:
    """The texts of each session."""
    async with reading(store) as opened:
        return [
            [row.text for row in await opened.messages(session.id)] for session in await opened.sessions(limit=1000)
        ]
