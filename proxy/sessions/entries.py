"""What a program tells of its conversation, as the entries that the proxy would write. Pure.

Each thing said is an exchange of its own: a request that brings messages, one that brings an answer, or both. It goes
on from where its session is, which the store finds when the entry's turn comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b

import msgspec

from proxy.chain import SIZE, Chainer, Memo
from proxy.dialects.chat import Chat
from proxy.drafts import Draft, Standing, filled, finish, search_text, settle
from proxy.identity import Hints
from proxy.messages import Message, Usage
from proxy.meter import Meter
from proxy.sessions.faults import SessionNotFound
from proxy.sessions.segmenting import Step
from proxy.tracks import Heard
from storage.records import Closed, Found, Link, Lookup, Opened, Record

CHAT = Chat()
METHOD, PATH = "TRACK", "/python"


@dataclass(frozen=True, slots=True)
class Whereto:
    """A session: whose it is, its id, and whether it is there already."""

    owner: bytes
    session: bytes
    name: str
    exists: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One exchange: the ``messages`` that it brings, and the ``answer`` to them; both as the wire has them."""

    id: bytes
    at: int
    messages: tuple[object, ...] = ()
    answer: object = None
    model: str = ""
    provider: str = ""
    prompt: int = 0
    """The tokens that the answer answers."""
    metadata: Mapping[str, object] = field(default_factory=dict)
    failed: bool = False


@dataclass(slots=True)
class Asking:
    """The request, which is placed by what the store finds."""

    draft: Draft
    name: str
    failed: bool
    opened: Opened | None = None
    standing: Standing = field(default_factory=partial(Standing, b"", b"", b""))

    @property
    def lookup(self) -> Lookup:
        """Where its session is."""
        return self.draft.lookup

    def answered(self, found: Found) -> Record:
        """The record. Raises ``SessionNotFound`` for a session that is gone."""
        if self.lookup.name and not found.named:
            raise SessionNotFound(self.name)
        opened, standing = settle(self.draft, found)
        if not standing.last and found.held is not None and not found.held.answered:
            standing = msgspec.structs.replace(standing, last=found.held.last)
        links = tuple(msgspec.structs.replace(link, failed=self.failed) for link in opened.links)
        self.standing, self.opened = standing, msgspec.structs.replace(opened, links=links)
        return self.opened

    @property
    def base(self) -> bytes:
        """The digest that it goes on from."""
        links = self.opened.links if self.opened else ()
        return (links[0].parent if links else self.standing.tip) or self.draft.opened.owner

    @property
    def heards(self) -> list[Heard]:
        """Its messages, at their places."""
        links = self.opened.links if self.opened else ()
        pairs = zip(self.draft.links, links, strict=True)
        return [Heard(linked.message, linked.tokens, link.digest) for linked, link in pairs]


@dataclass(frozen=True, slots=True)
class Answering:
    """The reply, which goes where the request was placed; in an infinite session with the segment that it closes.

    ``weight`` is what the reply counts in a list of messages.
    """

    asking: Asking
    closed: Closed
    messages: tuple[Message, ...] = ()
    weight: int = 0
    step: Step | None = None
    lookup: None = None

    def answered(self, _: Found) -> Record:
        """The record."""
        closed = finish(self.closed, self.messages, self.asking.standing)
        if self.step is None:
            return closed
        pairs = zip(self.messages, closed.replies, strict=True)
        replies = [Heard(message, self.weight, reply.digest) for message, reply in pairs]
        planned = self.step.take(self.asking.base, [*self.asking.heards, *replies])
        return msgspec.structs.replace(closed, planned=planned)


def asking(said: Said, where: Whereto, meter: Meter) -> Asking:
    """The request of what was said."""
    count = meter.raw_counter(said.model)
    body = msgspec.json.encode({"model": said.model, "messages": said.messages, "metadata": said.metadata})
    request = CHAT.parse(body)
    chained = Chainer(where.owner, CHAT.read_message, CHAT.role, count, Memo(), CHAT.name.encode()).chain(body, request)
    opened = Opened(
        id=said.id,
        owner=where.owner,
        run=b"",
        at=said.at,
        method=METHOD,
        path=PATH,
        dialect=CHAT.name,
        provider=said.provider,
        model=said.model,
        body_hash=blake2b(PATH.encode() + body, digest_size=SIZE).digest(),
        body_bytes=len(body),
        parsed=True,
    )
    lookup = Lookup(where.owner, name=where.name, follows=True) if where.exists else Lookup(where.owner)
    hints = Hints(name=where.name if where.exists else None, source="client")
    draft = filled(Draft(opened, lookup, hints, fresh=where.session), request, chained)
    return Asking(draft, where.name, said.failed)


def answering(asking: Asking, said: Said, meter: Meter, step: Step | None = None) -> Answering:
    """The end of the exchange."""
    closed = Closed(
        exchange=said.id,
        at=said.at,
        ending="complete",
        model=said.model,
        provider=said.provider,
    )
    if said.answer is None:
        return Answering(asking, closed, step=step)
    raw = msgspec.json.encode(said.answer)
    message = CHAT.read_message(raw)
    usage = Usage(prompt=said.prompt, completion=meter.answer(message, said.model))
    link = Link(role=message.role, body=raw, text=search_text(message), tokens=usage.completion or 0)
    spent = msgspec.structs.replace(
        closed,
        finish_reason="tool_calls" if message.tool_calls else "stop",
        prompt_tokens=usage.prompt,
        completion_tokens=usage.completion,
        usage_source="estimated",
        cost=meter.cost(said.model, said.provider, usage) if said.model else None,
        replies=(link,),
    )
    return Answering(asking, spent, (message,), meter.raw_counter(said.model)(raw, message), step)
