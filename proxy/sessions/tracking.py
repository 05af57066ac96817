"""``SessionManager``: a program tells of its conversation, message by message, and reads it back.

Each call is one transaction of its own; other processes, the proxy among them, may go on with the same session.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self
from uuid import UUID

import msgspec

from proxy.clock import new_id, now
from proxy.compaction import Planner
from proxy.meter import Meter
from proxy.sessions.accounts import Account, unanswered_tokens
from proxy.sessions.desk import Desk
from proxy.sessions.entries import Answering, Asking, Said, Whereto, answering, asking
from proxy.sessions.faults import InvalidSessionOperation, SessionNotFound
from proxy.sessions.segmenting import Line, Step, followed, line_of
from proxy.shares import Budget
from proxy.tracks import Track
from storage.ports import Store
from storage.records import MessageRow, SessionRow

UNKNOWN = "unknown"


class SessionManager:
    """One session: a new one, or with ``session_id`` (an id or a name) one that is there.

    The store is opened for each call; ``async with`` keeps it open for the block. ``store`` is its URL, that of the
    settings if there is none.
    """

    def __init__(
        self,
        session_id: str | None = None,
        infinite_context: bool = False,
        token_threshold: int = 4000,
        max_turns_per_segment: int = 20,
        store: str | None = None,
    ) -> None:
        self._asked = session_id
        self._id = b"" if session_id else new_id(now())
        self._infinite = infinite_context
        self._token_threshold = token_threshold
        self._max_turns = max_turns_per_segment
        self._desk = Desk(store)
        self._exists = False
        self._waiting = 0
        """The tokens that no answer was given to yet."""
        self._line: Line | None = None
        """How far an infinite session was followed; nothing where another program spoke in between."""

    async def __aenter__(self) -> Self:
        await self._desk.hold()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._desk.release()

    @property
    def session_id(self) -> str:
        """The session's id; before the first call, what was asked for."""
        return str(UUID(bytes=self._id)) if self._id else self._asked or ""

    @property
    def is_infinite(self) -> bool:
        """Whether its older parts are closed into segments, with summaries."""
        return self._infinite

    async def user_says(self, message: str, **metadata: object) -> str:
        """Track what the user said; the session's id."""
        wire = {"role": "user", "content": _text("user_says", message)}
        meter = await self._ready()
        await self._write(meter, self._said(messages=(wire,), metadata=metadata))
        return self.session_id

    async def ai_responds(
        self, response: str, model: str = UNKNOWN, provider: str = UNKNOWN, **metadata: object
    ) -> str:
        """Track what the model answered; the session's id."""
        wire = {"role": "assistant", "content": _text("ai_responds", response)}
        meter = await self._ready()
        named = {"model": _known(model), "provider": _known(provider)}
        answered, self._waiting = self._waiting, 0
        await self._write(meter, self._said(answer=wire, prompt=answered, metadata=metadata, **named))
        return self.session_id

    async def tool_used(
        self, tool_name: str, arguments: Mapping[str, Any], result: object, error: str | None = None, **metadata: object
    ) -> str:
        """Track a tool call with its result; the session's id. With an ``error`` it failed."""
        call_id = f"call_{new_id(now()).hex()}"
        called = {"name": _text("tool_used", tool_name), "arguments": _dumped(arguments)}
        calls = [{"id": call_id, "type": "function", "function": called}]
        wire = {"role": "assistant", "content": None, "tool_calls": calls}
        told = result if error is None else {"success": False, "error": error, "result": result}
        content = told if isinstance(told, str) else _dumped(told)
        returned = {"role": "tool", "tool_call_id": call_id, "content": content}
        meter = await self._ready()
        call = self._said(answer=wire, metadata=metadata)
        back = self._said(messages=(returned,), failed=error is not None)
        await self._write(meter, call, back)
        return self.session_id

    async def get_conversation(self, include_all_segments: bool | None = None) -> list[dict[str, object]]:
        """What user and assistant said: ``role``, ``content`` and ``timestamp`` of each.

        All of it; of an infinite session, without ``include_all_segments``, a system message with the summaries and
        what came after them.
        """
        account = await self._account()
        if account is None:
            return []
        if include_all_segments is not False or not self._infinite:
            return account.turns()
        line = line_of(account.messages)
        track = (await self._followed(await self._desk.meter(), line)).track
        return account.turns(line[: track.cut], track.closed.closing.head) if track.closed else account.turns()

    async def get_session_chain(self) -> list[str]:
        """The ids of its segments, oldest first; the open one has the session's."""
        account = await self._account()
        return account.sums().session_chain if account else [self.session_id]

    async def get_stats(self, include_all_segments: bool | None = None) -> dict[str, object]:
        """Its figures, in the shape of ``GET /api/sessions/ID/stats``."""
        account = await self._account()
        if account is None:
            raise SessionNotFound(self.session_id, "Nothing was tracked yet, so there are no figures.")
        return msgspec.structs.asdict(account.sums())

    def _said(self, **values: Any) -> Said:
        at = now()
        return Said(new_id(at), at, **values)

    async def _ready(self) -> Meter:
        """Find the session that was asked for."""
        if not self._id:
            row = await self._found(self._asked or "")
            if row is None:
                raise SessionNotFound(self._asked)
            async with self._desk.store() as store:
                self._waiting = unanswered_tokens(await store.messages(row.id))
            self._id, self._exists = row.id, True
        return await self._desk.meter()

    async def _found(self, key: str) -> SessionRow | None:
        owner = await self._desk.owner()
        async with self._desk.store() as store:
            return await store.session(key, owner)

    async def _write(self, meter: Meter, *said: Said) -> None:
        """Commit exchanges in one transaction."""
        owner = await self._desk.owner()
        entries: list[tuple[Asking, Answering]] = []
        step = await self._step(meter) if self._infinite else None
        for one in said:
            where = Whereto(owner, self._id, self.session_id, self._exists or bool(entries))
            begun = asking(one, where, meter)
            step = Step(step.planner, step) if step else None
            entries.append((begun, answering(begun, one, meter, step)))
        await self._desk.write([question for pair in entries for question in pair])
        self._exists, self._line = True, step.line if step else None
        self._waiting += sum(linked.tokens for begun, _ in entries for linked in begun.draft.links)

    async def _step(self, meter: Meter) -> Step:
        """Where the next entry goes on from."""
        line = self._line
        if line is None and self._exists:
            async with self._desk.store() as store:
                rows = line_of(await store.messages(self._id))
            line = await self._followed(meter, rows)
        planner = self._planner(meter)
        return Step(planner, None, line or Line(Track(budget=planner.budget), await self._desk.owner()))

    async def _followed(self, meter: Meter, rows: Sequence[MessageRow]) -> Line:
        owner = await self._desk.owner()
        async with self._desk.store() as store:
            return await followed(store, rows, owner, self._planner(meter), meter)

    def _planner(self, meter: Meter) -> Planner:
        recall = self._desk.settings.context.recall == "on"
        return Planner(Budget(self._token_threshold, recall, 2 * self._max_turns), meter.counter(""))

    async def _account(self) -> Account | None:
        """All of the session; nothing while there is nothing of it."""
        await self._ready()
        async with self._desk.store() as store:
            return await self._read(store) if self._exists else None

    async def _read(self, store: Store) -> Account:
        row = await store.session(self.session_id)
        if row is None:
            raise SessionNotFound(self.session_id)
        messages, calls = await store.messages(row.id), await store.calls(row.id)
        segments, compacted = await store.segments(row.id), await store.compacted(row.id)
        return Account(row, messages, calls, segments, compacted, self._infinite)


def _text(operation: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidSessionOperation(operation, f"it takes text, not {type(value).__name__}")
    return value


def _known(name: str) -> str:
    return "" if name == UNKNOWN else name


def _dumped(value: object) -> str:
    """As JSON; what JSON has no word for is written as Python shows it."""
    return msgspec.json.encode(value, enc_hook=repr).decode()
