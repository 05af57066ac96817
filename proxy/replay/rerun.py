"""A recorded session, asked again of another model: each request goes out once more, with that model's name."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from proxy.dialects import DIALECTS, Dialect
from proxy.dialects.jsontext import dump, load, object_of
from proxy.errors import HttpError
from proxy.messages import Message, Reply, Usage
from proxy.providers import Provider
from proxy.upstream import Outgoing, Upstream, UpstreamCut
from storage.ports import Store
from storage.views import ExchangeRow, MessageRow

CHAT = "chat"


@dataclass(frozen=True, slots=True)
class Turn:
    """One recorded request, ready to be asked again, with what was answered."""

    exchange: ExchangeRow
    dialect: Dialect
    body: dict[str, Any]
    question: str
    answer: Message


@dataclass(frozen=True, slots=True)
class Rerun:
    """A turn with the other model's answer, or what went wrong. ``took`` is in microseconds."""

    turn: Turn
    model: str
    answer: Message | None = None
    error: str = ""
    usage: Usage | None = None
    took: int = 0


async def turns(store: Store, branch: Sequence[MessageRow], exchanges: Sequence[ExchangeRow]) -> list[Turn]:
    """The answered requests along a branch."""
    places = {row.id: at for at, row in enumerate(branch)}
    found = []
    for exchange in exchanges:
        dialect = DIALECTS.get(exchange.dialect)
        if dialect is not None and exchange.answer in places:
            at = places[exchange.answer]
            body = await _body(store, exchange, branch[:at])
            if body:
                question = next((row.text for row in reversed(branch[:at]) if row.role != "assistant"), "")
                found.append(Turn(exchange, dialect, body, question, dialect.read_message(branch[at].body)))
    return found


async def _body(store: Store, exchange: ExchangeRow, before: Sequence[MessageRow]) -> dict[str, Any]:
    """The request as it was sent; of an imported chat, one made of the messages before the answer."""
    sent = await store.sent(exchange.id)
    if sent is not None:
        return object_of(load(sent))
    return {"messages": [load(row.body) for row in before]} if exchange.dialect == CHAT else {}


@dataclass(frozen=True, slots=True)
class Rerunner:
    """Where turns go: the upstream, one of its providers, the model."""

    upstream: Upstream
    provider: Provider
    model: str
    clock: Callable[[], int]

    async def run(self, turns: Sequence[Turn]) -> AsyncGenerator[Rerun, None]:
        """Ask one after the other."""
        for turn in turns:
            started = self.clock()
            try:
                reply = await self._asked(turn)
            except (HttpError, UpstreamCut) as error:
                yield Rerun(turn, self.model, error=str(error))
                continue
            yield _compared(turn, reply, self.model, self.clock() - started)

    async def _asked(self, turn: Turn) -> Reply:
        url = self.provider.url(turn.exchange.path, "")
        body = dump(asking(turn.body, self.model))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        dressed = self.provider.dressed(headers)
        incoming = await self.upstream.send(Outgoing(self.provider.name, "POST", url, dressed, body))
        try:
            body = await incoming.whole()
        finally:
            incoming.close()
        return turn.dialect.read_reply(body, incoming.status)


def asking(body: dict[str, Any], model: str) -> dict[str, Any]:
    """A recorded request for another model, to be answered in one piece."""
    kept = {name: value for name, value in body.items() if name not in ("stream", "stream_options")}
    return {**kept, "model": model}


def _compared(turn: Turn, reply: Reply, model: str, took: int) -> Rerun:
    if reply.error is not None or not reply.choices:
        said = reply.error.message if reply.error is not None else "it answered nothing that could be read"
        return Rerun(turn, model, error=said, took=took)
    return Rerun(turn, reply.model or model, reply.choices[0].message, "", reply.usage, took)
