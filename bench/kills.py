"""`python -m bench.kills`: kill the proxy with -9 under load, again and again on one store, and count what is missing.

A reply counts as acknowledged once its last byte, or `[DONE]`, has reached its client. The rounds take turns: the store
is free; or somebody else locks it just before the end, so that the process dies with its commits under way; or earlier,
so that it dies with its records in the spool.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from storage.opening import open_store
from storage.records import ExchangeRow, MessageRow

ROOT = Path(__file__).resolve().parent.parent
SAID = "steno: serving on "
CLIENTS = 16
TURNS = 6
EVENTS = (30, 1500)
KINDS = ("free", "locked", "spooled")
COMMIT_SECONDS = 0.3
START_SECONDS = 60.0
SETTINGS = {"STENO_RECORDING__COMMIT_SECONDS": f"{COMMIT_SECONDS}", "STENO_RECORDING__CHECKPOINT_SECONDS": "0.02"}


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A turn whose reply reached its client to the end."""

    exchange: bytes
    conversation: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Round:
    """What became of one life of the proxy."""

    number: int
    store: str
    acknowledged: int
    found: int
    missing: int
    duplicates: int
    parted: int
    interrupted: int


@dataclass(slots=True)
class Load:
    """What the clients did so far, and the moment at which the process is to die."""

    rng: random.Random
    events: int = 0
    deadline: int = 0
    due: asyncio.Event = field(default_factory=asyncio.Event)
    acknowledged: list[Acknowledged] = field(default_factory=list)

    def arm(self, deadline: int) -> None:
        """Set the moment, in events from now on."""
        self.events, self.deadline = 0, deadline
        self.due.clear()

    def tick(self) -> None:
        """Something happened."""
        self.events += 1
        if self.events >= self.deadline:
            self.due.set()


@dataclass(slots=True)
class Client:
    """One caller: conversation after conversation, turn after turn; what wasn't answered is asked again."""

    number: int
    load: Load
    conversation: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)

    async def run(self, base_url: str) -> None:
        """Talk until the proxy is gone."""
        async with httpx.AsyncClient(base_url=base_url, trust_env=False, timeout=60) as http:
            with suppress(httpx.TransportError):
                while True:
                    await self._turn(http)

    async def _turn(self, http: httpx.AsyncClient) -> None:
        if len(self.messages) >= 2 * TURNS or not self.messages:
            self.messages, self.conversation = [], uuid4().hex
        if not self.messages or self.messages[-1]["role"] == "assistant":
            self.messages.append({"role": "user", "content": f"Question {uuid4()} of client {self.number}"})
        exchange, answer = await self._ask(http, streams=self.load.rng.random() < 0.5)
        question = self.messages[-1]["content"]
        self.messages.append({"role": "assistant", "content": answer})
        self.load.acknowledged.append(Acknowledged(exchange, self.conversation, question, answer))
        self.load.tick()

    async def _ask(self, http: httpx.AsyncClient, *, streams: bool) -> tuple[bytes, str]:
        slow = streams and self.load.rng.random() < 0.2
        wish = f"text=Answer {uuid4()} to it, in so many words;frames=8" + (";delay=0.01" if slow else "")
        headers = {"authorization": f"Bearer sk-{self.number % 4}", "x-standin": wish}
        body = {"model": "gpt-4o-mini", "messages": self.messages, "stream": streams}
        async with http.stream("POST", "/v1/chat/completions", json=body, headers=headers) as reply:
            assert reply.status_code == 200, await reply.aread()
            exchange = UUID(reply.headers["x-exchange-id"]).bytes
            return exchange, await (self._streamed(reply) if streams else self._plain(reply))

    async def _streamed(self, reply: httpx.Response) -> str:
        pieces: list[str] = []
        async for line in reply.aiter_lines():
            self.load.tick()
            if line == "data: [DONE]":
                return "".join(pieces)
            if line:
                choices = json.loads(line.removeprefix("data: "))["choices"]
                pieces += [choice["delta"].get("content") or "" for choice in choices]
        message = "the stream ended without its end"
        raise httpx.RemoteProtocolError(message)

    async def _plain(self, reply: httpx.Response) -> str:
        content = json.loads(await reply.aread())["choices"][0]["message"]["content"]
        return str(content)


class Other:
    """Another program that works on the same store."""

    def __init__(self, store: Path) -> None:
        self._connection = sqlite3.connect(store, isolation_level=None, timeout=60)

    def lock(self) -> None:
        """Keep the proxy's writer out."""
        self._connection.execute("BEGIN IMMEDIATE")

    def close(self) -> None:
        """Leave."""
        self._connection.close()


@asynccontextmanager
async def _other(store: Path) -> AsyncIterator[Other]:
    other = Other(store)
    try:
        yield other
    finally:
        other.close()


@dataclass(slots=True)
class Arena:
    """One store, the stand-in before which the proxy dies, and the clients that outlive it."""

    folder: Path
    upstream: str
    durability: str
    load: Load
    clients: list[Client]

    @property
    def store(self) -> Path:
        """The store's file."""
        return self.folder / "store" / "steno.db"

    @asynccontextmanager
    async def proxy(self) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
        """The real command, serving; whatever is left of it at the end is killed."""
        command = ["-m", "proxy.cli", "serve", "--port", "0", "--store", f"sqlite:///{self.store}"]
        with (self.folder / "steno.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *[*command, "--upstream", f"{self.upstream}/v1"],
                cwd=self.folder,
                env={**_environment(), **SETTINGS, "STENO_RECORDING__DURABILITY": self.durability},
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert process.stdout is not None
        try:
            line = (await asyncio.wait_for(process.stdout.readline(), START_SECONDS)).decode()
            assert line.startswith(SAID), line
            yield process, line.removeprefix(SAID).strip()
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def life(self, kind: str) -> None:
        """One life of the proxy, from its start to the kill."""
        rng = self.load.rng
        async with self.proxy() as (process, base_url), asyncio.TaskGroup() as group:
            self.load.arm(rng.randint(*EVENTS))
            for client in self.clients:
                group.create_task(client.run(base_url))
            await self.load.due.wait()
            async with _other(self.store) as other:
                await self._trouble(kind, other)
                process.send_signal(signal.SIGKILL)
                await process.wait()

    async def _trouble(self, kind: str, other: Other) -> None:
        """What happens before the kill."""
        moment = self.load.rng.random()
        if kind != "free":
            other.lock()
        if kind == "spooled":
            self.load.arm(self.load.rng.randint(*EVENTS) // 3)
            await self.load.due.wait()
        await asyncio.sleep(moment * (COMMIT_SECONDS / 2 if kind == "locked" else 0.02))

    async def end(self) -> int:
        """Start once more and end like by a user; the exit code."""
        async with self.proxy() as (process, _):
            process.terminate()
            return await process.wait()


def _environment() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("STENO_")}
    return {**ours, "PYTHONPATH": str(ROOT)}


@asynccontextmanager
async def standin() -> AsyncIterator[str]:
    """The stand-in in a process of its own; its base URL."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        number = listener.fileno()
        arguments = ["-m", "uvicorn", "--factory", "proxy.standin:create_standin", "--fd", str(number)]
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, "--log-level", "critical", pass_fds=[number], env=_environment()
        )
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            process.kill()
            await process.wait()


@dataclass(slots=True)
class Findings:
    """All that the store holds."""

    exchanges: dict[bytes, ExchangeRow]
    messages: dict[int, MessageRow]
    sessions: dict[bytes, list[int]]

    @classmethod
    async def of(cls, file: Path) -> Findings:
        """Read the store."""
        store = await open_store(f"sqlite:///{file}", readonly=True)
        try:
            exchanges = {row.id: row for row in await store.exchanges(limit=1_000_000)}
            findings = cls(exchanges, {}, {})
            for session in await store.sessions(limit=1_000_000):
                rows = await store.messages(session.id)
                findings.sessions[session.id] = [row.id for row in rows]
                findings.messages |= {row.id: row for row in rows}
            return findings
        finally:
            await store.close()

    def holds(self, turn: Acknowledged) -> bool:
        """Whether a turn is there: question and answer, one after the other, in the session of its exchange."""
        row = self.exchanges.get(turn.exchange)
        answer = self.messages.get(row.answer) if row is not None and row.ending == "complete" else None
        if row is None or answer is None or answer.id not in self.sessions[row.session]:
            return False
        question = self.messages.get(answer.parent)
        return answer.text == turn.answer and question is not None and question.text == turn.question

    def duplicates(self, turns: Sequence[Acknowledged]) -> int:
        """How many questions and answers are there more often than once."""
        texts = Counter(row.text for row in self.messages.values())
        return sum(texts[text] > 1 for turn in turns for text in (turn.question, turn.answer))

    def parted(self, turns: Sequence[Acknowledged]) -> int:
        """How many conversations are in more than one session."""
        found: dict[str, set[bytes]] = {}
        for turn in turns:
            if turn.exchange in self.exchanges:
                found.setdefault(turn.conversation, set()).add(self.exchanges[turn.exchange].session)
        return sum(len(sessions) > 1 for sessions in found.values())

    @property
    def interrupted(self) -> int:
        """How many exchanges were cut off by the end of their process."""
        return sum(row.ending == "interrupted" for row in self.exchanges.values())


async def rounds(number: int, seed: int, folder: Path, durability: str = "reply") -> list[Round]:
    """Play so many rounds; the last look is after one more start and a proper end."""
    load = Load(random.Random(seed))  # noqa: S311 (nothing here is a secret)
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(standin())
        arena = Arena(folder, upstream, durability, load, [Client(at, load) for at in range(CLIENTS)])
        played: list[Round] = []
        before = 0
        for at in range(number):
            known = len(load.acknowledged)
            await arena.life(KINDS[at % len(KINDS)])
            code = await arena.end()
            assert code == 0, f"the proxy ended with {code}"
            findings = await Findings.of(arena.store)
            played.append(_round(at, load.acknowledged, known, findings, before))
            before = findings.interrupted
        return played


def _round(at: int, turns: list[Acknowledged], known: int, findings: Findings, before: int) -> Round:
    ours = turns[known:]
    found = sum(findings.holds(turn) for turn in ours)
    # What was there after an earlier round must be there still.
    missing = sum(not findings.holds(turn) for turn in turns)
    duplicates, parted = findings.duplicates(turns), findings.parted(turns)
    return Round(
        at + 1, KINDS[at % len(KINDS)], len(ours), found, missing, duplicates, parted, findings.interrupted - before
    )


COLUMNS = ("round", "store", "acknowledged", "found", "missing", "duplicates", "parted", "interrupted")


def table(played: Sequence[Round]) -> str:
    """The rounds, and their sums; what is missing, doubled or parted was counted over all turns so far."""
    lines = [
        (row.number, row.store, row.acknowledged, row.found, row.missing, row.duplicates, row.parted, row.interrupted)
        for row in played
    ]
    sums = [sum(row.acknowledged for row in played), sum(row.found for row in played)]
    worst = [max(getattr(row, name) for row in played) for name in ("missing", "duplicates", "parted")]
    lines.append(("all", "", *sums, *worst, sum(row.interrupted for row in played)))
    cells = [COLUMNS, *([str(cell) for cell in line] for line in lines)]
    return "\n".join("  ".join(cell.rjust(len(name)) for cell, name in zip(row, COLUMNS, strict=True)) for row in cells)


def main() -> int:
    """The exit code: 1 if anything is missing, doubled or parted."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--durability", default="reply", help="with background, replies are missing: to test this test")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))  # noqa: S311
    parser.add_argument("--keep", type=Path, help="a folder for the store and the log, to look at afterwards")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="steno-kills-") as folder:
        played = asyncio.run(rounds(asked.rounds, asked.seed, asked.keep or Path(folder), asked.durability))
    print(f"seed {asked.seed}")
    print(table(played))
    return 1 if any(row.missing or row.duplicates or row.parted for row in played) else 0


if __name__ == "__main__":
    sys.exit(main())
