"""A recorder at work on a real store behind a gate; requests and replies are handed over as the exchange does it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from proxy.chain import SIZE, Chainer, Memo
from proxy.clock import new_id
from proxy.closing import answers
from proxy.dialects.chat import Chat
from proxy.drafts import Draft, filled
from proxy.identity import Hints
from proxy.messages import Message
from proxy.recorder import Recorder
from proxy.spool import Spool
from proxy.threads import lookup_of
from proxy.writer import Ticket
from storage.records import Closed, MessageRow, Opened
from tests.clients import Said
from tests.recording import reply_body, weight
from tests.stores import GatedStore, open_gated

CHAT = Chat()
OWNER = b"o" * SIZE
RUN = b"r" * SIZE
START = 1_700_000_000_000_000
PATIENT = 1000.0
HASTY = 0.01

Talk = list[dict[str, str]]


@dataclass(slots=True)
class Clock:
    """Goes on by a millisecond whenever it is looked at."""

    at: int = START

    def __call__(self) -> int:
        self.at += 1000
        return self.at


def spooled(folder: Path) -> list[Path]:
    """The files of a desk's spool."""
    return sorted((folder / "spool").glob("*.spool"))


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def draft_of(
    talk: Talk, memo: Memo | None = None, clock: Clock | None = None, owner: bytes = OWNER, run: bytes = RUN
) -> Draft:
    """A request before it has its place."""
    at = (clock or Clock())()
    body = json.dumps({"model": "gpt-4o-mini", "messages": talk}).encode()
    request = CHAT.parse(body)
    chainer = Chainer(owner, CHAT.read_message, CHAT.role, weight, memo if memo is not None else Memo())
    chained = chainer.chain(body, request)
    body_hash = blake2b(body, digest_size=SIZE).digest()
    opened = Opened(
        id=new_id(at),
        owner=owner,
        run=run,
        at=at,
        method="POST",
        path="/chat/completions",
        dialect="chat",
        model="gpt-4o-mini",
        body_hash=body_hash,
        body_bytes=len(body),
        parsed=True,
    )
    lookup = lookup_of(owner, body_hash, Hints(), chained)
    return filled(Draft(opened, lookup, Hints(), fresh=new_id(at)), request, chained)


def closing_of(draft: Draft, text: str, at: int = START) -> tuple[Closed, tuple[Message, ...]]:
    """The end of its exchange."""
    links, messages = answers(CHAT.read_reply(reply_body(Said("assistant", text)), 200), lambda _: 1)
    return Closed(exchange=draft.opened.id, at=at, ending="complete", status=200, replies=links), messages


@dataclass(slots=True)
class Desk:
    """The recorder with all around it."""

    store: GatedStore
    spool: Spool
    recorder: Recorder
    folder: Path
    memo: Memo
    clock: Clock = field(default_factory=Clock)

    async def ask(self, talk: Talk) -> tuple[Draft, Ticket]:
        """Hand a request over."""
        self.memo.at(self.store.erasures.generation())
        draft = draft_of(talk, self.memo, self.clock)
        return draft, await self.recorder.open(draft)

    def answer(self, asked: tuple[Draft, Ticket], text: str) -> Ticket:
        """Hand the end over."""
        draft, opened = asked
        return self.recorder.close(opened, *closing_of(draft, text, self.clock()))

    async def turn(self, talk: Talk, text: str) -> bytes:
        """A request and its reply, safe; the talk goes on after it. The exchange's id."""
        asked = await self.ask(talk)
        await self.recorder.saved(asked[1], self.answer(asked, text))
        talk.append(assistant(text))
        return asked[0].opened.id

    async def said(self) -> list[list[str]]:
        """The texts of each session, the session that is longest unchanged first."""
        sessions = sorted(await self.store.sessions(limit=1000), key=lambda row: row.updated_at)
        return [texts(await self.store.messages(row.id)) for row in sessions]


def texts(rows: list[MessageRow]) -> list[str]:
    return [row.text for row in rows]


@asynccontextmanager
async def desk(
    folder: Path,
    *,
    name: str = "own",
    works: bool = True,
    limit: int = 1 << 20,
    commit_seconds: float = PATIENT,
    retry_seconds: float = 0.001,
    queue_bytes: int = 1 << 20,
) -> AsyncIterator[Desk]:
    """A desk in a folder; at the end everything is in the store or in the spool. Without ``works`` nobody writes."""
    store = await open_gated(f"sqlite:///{folder}/steno.db")
    spool = Spool(folder / "spool", name, limit, synced=False)
    memo, clock = Memo(), Clock()
    recorder = Recorder(store.port, spool, commit_seconds, queue_bytes, clock, memo.clear, retry_seconds)
    try:
        async with asyncio.TaskGroup() as tasks:
            if works:
                tasks.create_task(recorder.run())
            yield Desk(store, spool, recorder, folder, memo, clock)
            recorder.stop()
    finally:
        spool.close()
        await store.close()


@asynccontextmanager
async def heir(folder: Path) -> AsyncIterator[Desk]:
    """The desk of a next process, which has brought into the store what the one before left in its spool."""
    async with desk(folder, name="next", works=False) as at:
        assert at.spool.adopt() == 1
        await at.recorder.drain_spool()
        yield at
