"""A conversation that came from elsewhere, and the records that it becomes. Pure.

Each answer becomes the end of an exchange, as if it had been relayed: so what continues it is known again. Ids are made
of what was said, so that to import it once more changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from msgspec.structs import replace

from proxy.chain import SIZE, Chained, Chainer, Memo
from proxy.closing import answers
from proxy.dialects.chat import Chat
from proxy.drafts import Draft, filled, finish, standing_of, stored
from proxy.identity import NO_HINTS
from proxy.messages import Choice, Message, Reply, Request, Role
from storage.records import Closed, Lookup, NewSession, Opened, Record

CHAT = Chat()
IMPORTED = "import"
Counter = Callable[[bytes, Message], int]


@dataclass(frozen=True, slots=True)
class Step:
    """One message in the form of chat completions; or, with an ``error``, a question that was not answered."""

    raw: bytes = b""
    at: int = 0
    model: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Steps in their order. ``name`` is the key that its source has for it, if any."""

    steps: tuple[Step, ...]
    name: str = ""
    title: str = ""
    model: str = ""
    source: str = ""
    meta: dict[str, str] = field(default_factory=dict)

    def digest(self) -> bytes:
        """What tells it from others: its name, or all that was said in it."""
        said = [self.name.encode()] if self.name else [step.raw + step.error.encode() for step in self.steps]
        return blake2b(b"\0".join([self.source.encode(), *said]), digest_size=SIZE).digest()


def made_id(*pieces: bytes) -> bytes:
    """A UUIDv8 that says what it was made of."""
    made = bytearray(blake2b(b"".join(pieces), digest_size=SIZE, person=b"steno-import").digest())
    made[6] = 0x80 | made[6] & 0x0F
    made[8] = 0x80 | made[8] & 0x3F
    return bytes(made)


@dataclass(slots=True)
class Recounted:
    """One conversation, told to a store. ``at`` is when it counts as said where its source doesn't know."""

    owner: bytes
    conversation: Conversation
    count: Counter
    at: int
    key: bytes = b""
    memo: Memo = field(default_factory=Memo)
    _asked: list[bytes] = field(default_factory=list)
    _number: int = 0

    def exchanges(self) -> Iterator[tuple[Record, Record]]:
        """Each up to an answer, or to an error, with its end; and what was left unanswered."""
        waits = False
        for step in self.conversation.steps:
            if step.error or CHAT.role(step.raw) is Role.ASSISTANT:
                yield self._exchange(step)
            waits = not step.error and CHAT.role(step.raw) is not Role.ASSISTANT
            if step.raw:
                self._asked.append(step.raw)
        if waits:
            yield self._exchange(Step(at=self.conversation.steps[-1].at))

    def _exchange(self, step: Step) -> tuple[Record, Record]:
        self._number += 1
        opened = self._opened(step)
        return opened, self._closed(opened, step)

    def _opened(self, step: Step) -> Opened:
        said = self.conversation
        session = made_id(self.owner, self.key or said.digest())
        at = (step.at or self.at) + self._number
        opened = Opened(
            id=made_id(session, self._number.to_bytes(4, "big")),
            owner=self.owner,
            run=b"",
            at=at,
            method="POST",
            path=CHAT.path,
            match=IMPORTED,
            session=session,
            new=NewSession(name=said.name or None, title=said.title, meta={"imported": said.source, **said.meta}),
            dialect=CHAT.name,
            provider=IMPORTED,
            model=step.model or said.model,
            user_agent=f"steno import {said.source}",
            parsed=True,
        )
        return self._with_history(opened)

    def _with_history(self, opened: Opened) -> Opened:
        raws = tuple(self._asked)
        request = Request(opened.model, False, raws, b"", b"", (b",",) * max(0, len(raws) - 1))
        chained = self._chained(request)
        draft = filled(Draft(opened, Lookup(owner=self.owner), NO_HINTS), request, chained)
        links = tuple(map(stored, chained.links))
        # No such body was ever sent: there is nothing to be rebuilt.
        blobs = tuple(blob for blob in draft.opened.blobs if blob.kind != "residue")
        base = chained.prefix.tip if chained.prefix.length else b""
        return replace(draft.opened, links=links, base=base, blobs=blobs, prompt=None, residue=b"")

    def _chained(self, request: Request) -> Chained:
        body = b",".join(request.raws)
        return Chainer(self.owner, CHAT.read_message, CHAT.role, self.count, self.memo).chain(body, request)

    def _closed(self, opened: Opened, step: Step) -> Closed:
        closed = Closed(
            exchange=opened.id,
            at=opened.at,
            ending="upstream_error" if step.error else "complete",
            model=opened.model,
            prompt_tokens=step.prompt_tokens,
            completion_tokens=step.completion_tokens,
            usage_source="reported" if step.completion_tokens is not None else "unknown",
            error_message=step.error,
        )
        if step.error or not step.raw:
            return closed
        message = CHAT.read_message(step.raw)
        reply = Reply(choices=(Choice(0, message, step.raw),), complete=True)
        links, messages = answers(reply, lambda one: self.count(step.raw, one))
        return finish(replace(closed, replies=links), messages, standing_of(opened))
