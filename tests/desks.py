"""A recorder at work on a real store behind a gate: asks and answers are handed over as the exchange hands them over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from proxy.chain import SIZE, Chainer, Memo
from proxy.closing import answers
from proxy.clock import new_id
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
from tests.recording import reply_body
from tests.stores import GatedStore, open_gated

CHAT = Chat()
OWNER = b"o" * SIZE
RUN = b"r" * SIZE
START = 1_700_000_000_000_000

Talk = list[dict[str, str]]


@dataclass(slots=True)
class Clock:
    """Goes on by a millisecond whenever it is looked at."""

    at: int = START

    def __call__(self) -> int:
        self.at += 1000
        return self.at


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
    chained = Chainer(owner, CHAT.read_message, CHAT.role, len, memo if memo is not None else Memo()).chain(body, request)
    body_hash = blake2b(body, digest_size=SIZE).digest()
    known = {"method": "POST", "path": "/chat/completions", "dialect": "chat", "model": "gpt-4o-mini", "parsed": True}
    opened = Opened(id=new_id(at), owner=owner, run=run, at=at, body_hash=body_hash, body_bytes=len(body), **known)
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
        sessions = sorted(await self.store.sessions(), key=lambda row: row.updated_at)
        return [texts(await self.store.messages(row.id)) for row in sessions]


def texts(rows: list[MessageRow]) -> list[str]:
    return [row.text for row in rows]


@asynccontextmanager
async def desk(folder: Path, *, works: bool = True, limit: int = 1 << 20, **options: Any) -> AsyncIterator[Desk]:
    """A desk in a folder; at the end everything is in the store or in the spool. Without ``works`` nobody writes."""
    store = await open_gated(f"sqlite:///{folder}/steno.db")
    spool = Spool(folder / "spool", options.pop("name", "own"), limit, synced=False)
    memo, clock = Memo(), Clock(options.pop("at", START))
    chosen = {"commit_seconds": 60.0, "queue_bytes": 1 << 20, "retry_seconds": 0.001, **options}
    recorder = Recorder(store.port, spool, clock=clock, forget=memo.clear, **chosen)
    try:
        async with asyncio.TaskGroup() as tasks:
            if works:
                tasks.create_task(recorder.run())
            yield Desk(store, spool, recorder, folder, memo, clock)
            recorder.stop()
    finally:
        spool.close()
        await store.close()
