"""The way of a request into a store, without a server: what the recorder does, one step at a call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from random import Random

import msgspec

from proxy.chain import SIZE, Chainer, Memo
from proxy.clock import new_id
from proxy.closing import answers
from proxy.dialects.chat import Chat
from proxy.drafts import Draft, Standing, filled, finish, settle
from proxy.identity import Hints
from proxy.messages import Message
from proxy.threads import lookup_of
from storage.ports import Store
from storage.records import Closed, Found, Lookup, Opened
from tests.clients import Object, Said
from tests.placement import Ledger, Sent
from tests.traffic import Asked, Conversation, Talk

CHAT = Chat()


def weight(raw: bytes, _: Message) -> int:
    """A message's tokens: its bytes will do."""
    return len(raw)


def reply_body(said: Said) -> bytes:
    """The upstream's answer."""
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in said.calls
    ]
    message: Object = {"role": "assistant", "content": said.text or None, "refusal": None, "annotations": []}
    reason = "tool_calls" if calls else "stop"
    choice = {"index": 0, "message": message | ({"tool_calls": calls} if calls else {}), "finish_reason": reason}
    return json.dumps({"id": "chatcmpl-1", "model": "gpt-4o-mini", "choices": [choice]}).encode()


@dataclass(slots=True)
class _Asking:
    draft: Draft
    settled: tuple[Opened, Standing] | None = None

    @property
    def lookup(self) -> Lookup:
        return self.draft.lookup

    def answered(self, found: Found) -> Opened:
        self.settled = settle(self.draft, found)
        return self.settled[0]


@dataclass(slots=True)
class Recording:
    """One owner's requests, recorded as they are opened and closed."""

    store: Store
    owner: bytes = b"o" * SIZE
    memo: Memo = field(default_factory=Memo)
    at: int = 1_700_000_000_000_000

    async def open(self, body: bytes, hints: Hints | None = None) -> tuple[Opened, Standing]:
        """Chain, look up, place and record a request."""
        hints = hints or Hints()
        self.at += 1000
        request = CHAT.parse(body)
        chained = Chainer(self.owner, CHAT.read_message, CHAT.role, weight, self.memo).chain(body, request)
        body_hash = blake2b(body, digest_size=SIZE).digest()
        opened = Opened(
            id=new_id(self.at),
            owner=self.owner,
            run=b"r" * SIZE,
            at=self.at,
            method="POST",
            path="/chat/completions",
            dialect="chat",
            body_hash=body_hash,
            parsed=True,
        )
        lookup = lookup_of(self.owner, body_hash, hints, chained)
        draft = filled(Draft(opened, lookup, hints, fresh=new_id(self.at)), request, chained)
        question = _Asking(draft)
        await self.store.write([question])
        assert question.settled is not None
        return question.settled

    async def close(self, opened: Opened, standing: Standing, said: Said | None, ending: str = "complete") -> None:
        """Record a reply, or that there was none."""
        self.at += 1000
        closed = Closed(exchange=opened.id, at=self.at, ending=ending if said else "upstream_error")
        if said is None:
            await self.store.write([closed])
            return
        reply = CHAT.read_reply(reply_body(said), 200)
        links, messages = answers(reply, lambda _: 1)
        with_replies = msgspec.structs.replace(closed, status=200, replies=links)
        await self.store.write([finish(with_replies, messages, standing)])


async def play(conversations: Sequence[Conversation], recording: Recording, rng: Random) -> Ledger:
    """Let all speak at once: at each step one asks, or one of those who wait is answered."""
    ledger = Ledger()
    talks = [conversation.talk() for conversation in conversations]
    asking: list[tuple[Talk, Asked]] = [(talk, next(talk)) for talk in talks]
    waiting: list[tuple[Talk, Asked, Opened, Standing]] = []
    while asking or waiting:
        if asking and (not waiting or rng.random() < 0.6):
            talk, asked = asking.pop(rng.randrange(len(asking)))
            waiting.append((talk, asked, *await recording.open(asked.body)))
            continue
        talk, asked, opened, standing = waiting.pop(rng.randrange(len(waiting)))
        await recording.close(opened, standing, asked.wish)
        ledger.entries.append(Sent(asked, opened.id, opened.session, opened.match, asked.wish))
        with suppress(StopIteration):
            asking.append((talk, talk.send(asked.wish)))
    return ledger
