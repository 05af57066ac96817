"""Recorded sessions, ready to answer: loaded when first asked for, and again when something was added to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from proxy.dialects import DIALECTS, Dialect, Unparsed
from proxy.replay.tape import Asked, Scene, Tape, asked
from storage.ports import Store
from storage.upkeep import Take
from storage.views import MessageRow, SessionRow

KEPT = 64
MOST = 1_000_000_000


@dataclass(slots=True)
class Player:
    """The tapes of one store."""

    store: Store
    _tapes: dict[bytes, tuple[int, Tape]] = field(default_factory=dict)

    async def tape(self, session: SessionRow) -> Tape:
        """A session's tape, as far as it was recorded by now."""
        known = self._tapes.get(session.id)
        if known is not None and known[0] == session.updated_at:
            return known[1]
        if len(self._tapes) >= KEPT:
            self._tapes.clear()
        tape = Tape(await scenes(self.store, session))
        if known is not None:
            tape.played = known[1].played
        self._tapes[session.id] = (session.updated_at, tape)
        return tape


async def scenes(store: Store, session: SessionRow) -> list[Scene]:
    """A session's exchanges with what was asked in each."""
    takes = await store.upkeep.takes(session.id)
    rows = {row.id: row for row in await store.messages(session.id)}
    found = [(take, await _asked(store, take, rows)) for take in takes if await _is_answered(store, take)]
    return [Scene(take, asked) for take, asked in found if asked is not None]


async def _is_answered(store: Store, take: Take) -> bool:
    return bool(take.answers or take.said or take.error) or await store.reply(take.exchange) is not None


async def _asked(store: Store, take: Take, rows: Mapping[int, MessageRow]) -> Asked | None:
    """The request as it was sent; where it was never sent, as it stands in the session's tree."""
    dialect = DIALECTS.get(take.dialect)
    if dialect is None:
        return None
    body = await store.sent(take.exchange)
    return asked(dialect, [row.body for row in _path(rows, take.tip)]) if body is None else parsed(dialect, body)


def parsed(dialect: Dialect, body: bytes) -> Asked | None:
    """A request's body, read; None if it is none."""
    try:
        request = dialect.parse(body)
    except Unparsed:
        return None
    return asked(dialect, request.raws, request)


def _path(rows: Mapping[int, MessageRow], tip: int) -> Sequence[MessageRow]:
    path, row = [], rows.get(tip)
    while row is not None:
        path.append(row)
        row = rows.get(row.parent)
    return path[::-1]
