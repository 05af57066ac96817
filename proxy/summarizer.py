"""Summaries by a model, in the background: which segments are next, who asks for them, and whose key pays.

Bounded: one at a time for a session, few at once for all, so many that wait. Whatever goes wrong, the summary that was
made without a model stays. What a model wrote is in the store before anybody reads it: a process that dies leaves
things as they were. A caller's key is held until the model has answered, and written nowhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b

from proxy import summaries
from proxy.asked import Asked
from proxy.chain import SIZE
from proxy.dialects import Dialect, dialect_at
from proxy.dialects.letters import HEADERS, PATHS, letter
from proxy.errand import Errand, Rooms
from proxy.headers import KEYS, Headers
from proxy.identity import NO_HINTS
from proxy.kept import segment_record
from proxy.messages import Reply
from proxy.providers import Provider
from proxy.routing import Route
from proxy.segments import Segment
from proxy.summaries import Wanted
from storage.records import SegmentRecord

log = logging.getLogger("steno.summarizer")

AT_ONCE = 2
"""Summaries that are written at the same time."""
WAITING = 100
"""More than these don't wait: what is left out stays as it is until a parent is due."""
REMEMBERED = 10_000
SECONDS = 300.0
"""A model that takes longer is of no use."""
ASSUMED = 16_000
"""Tokens that a model takes of which that isn't known."""
SHARE = 0.75
SPARE = 2
"""What a model may write in vain, for each token that is used."""
LEAST = 1_024
AROUND = 600
"""Tokens of what is said around the source."""


@dataclass(frozen=True, slots=True)
class Task:
    """A segment to be written: whose, from which messages, where, and with which headers of the caller's."""

    owner: bytes
    session: bytes
    want: Wanted
    raws: tuple[bytes, ...]
    dialect: Dialect
    provider: Provider
    headers: Headers


Due = Callable[[bytes, Segment], Awaitable[bool]]
"""Whether there is such a session, still, in which no model wrote that segment, as another process may have let it."""


@dataclass(slots=True)
class Summarizer:
    """Takes what is wanted (``notice``), and works it off (``run``)."""

    rooms: Rooms
    model: str
    due: Due
    most: int = WAITING
    _lanes: dict[bytes, deque[Task]] = field(default_factory=dict)
    _ready: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    _waiting: int = 0
    _noticed: dict[bytes, None] = field(default_factory=dict)

    def notice(self, asked: Asked, headers: Headers, wants: Sequence[Wanted], session: bytes) -> None:
        """Segments of a request that a model shall write. Each is asked for once."""
        request = asked.request
        if request is None or asked.dialect is None or not session:
            return
        provider = self.rooms.forwarder.providers.choose(None, self.model, PATHS[asked.provider.family.name])
        pays = _paying(provider, asked.provider, headers)
        for want in wants:
            name = want.segment.digest + want.segment.parent
            if name in self._noticed or self._waiting >= self.most:
                continue
            if len(self._noticed) >= REMEMBERED:
                self._noticed.clear()
            self._noticed[name] = None
            raws = request.raws[want.segment.start : want.segment.end]
            self._put(Task(asked.owner, session, want, raws, asked.dialect, provider, pays))

    def _put(self, task: Task) -> None:
        self._waiting += 1
        lane = self._lanes.get(task.session)
        if lane is None:
            lane = self._lanes[task.session] = deque()
            self._ready.put_nowait(task.session)
        lane.append(task)

    async def run(self) -> None:
        """Write until it is cancelled; what is being written then is recorded as interrupted."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._serve())

    async def _serve(self) -> None:
        while True:
            session = await self._ready.get()
            lane = self._lanes[session]
            await self._write(lane.popleft())
            self._waiting -= 1
            if lane:
                self._ready.put_nowait(session)
            else:
                del self._lanes[session]

    async def _write(self, task: Task) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                text, asked = await asyncio.to_thread(self._asked, task)
                if await self.due(task.session, task.want.segment):
                    made = partial(self._made, task, text)
                    await Errand(self.rooms, asked, task.headers, task.session, made).run()
        except TimeoutError:
            log.warning("%s takes too long to write a summary; the one that was made without it stays", self.model)
        except Exception:
            log.exception("a summary can't be written; the one that was made without a model stays")

    def _asked(self, task: Task) -> tuple[str, Asked]:
        """The source, and the request that asks for its summary."""
        meter, provider, most = self.rooms.meter, task.provider, task.want.room
        messages = [task.dialect.read_message(raw) for raw in task.raws]
        window = meter.window(provider.model(self.model), provider.market) or ASSUMED
        room = max(1, int(SHARE * window) - SPARE * most - AROUND)
        source = summaries.asked(summaries.source(messages, room, meter.counter(self.model)))
        body = letter(provider.family.name, self.model, (summaries.told(most), source), max(LEAST, SPARE * most))
        path = PATHS[provider.family.name]
        dialect = dialect_at(path)
        assert dialect is not None  # noqa: S101 (each family has one)
        given = (Route(None, None, path), provider, task.owner, NO_HINTS, body, dialect, dialect.parse(body))
        proof = blake2b(path.encode() + body, digest_size=SIZE).digest()
        return summaries.whole(messages), Asked(*given, body_hash=proof)

    def _made(self, task: Task, text: str, reply: Reply) -> SegmentRecord | None:
        """The record of what a model wrote, if that is a summary."""
        choice = reply.choices[0] if reply.choices else None
        if choice is None or choice.finish_reason == "length":
            return None
        made = summaries.summary(choice.message.text, text, task.want, self.rooms.meter.counter(self.model))
        if made is None:
            log.info("%s wrote no summary that could be used; the one that was made without it stays", self.model)
        return segment_record(made) if made else None


def _paying(provider: Provider, asked: Provider, headers: Headers) -> Headers:
    """The caller's key, where the provider has none of its own and may see this one; and what else it needs."""
    sees = not provider.api_key and (provider is asked or provider.may_see(asked))
    keys = [pair for pair in headers if pair[0].lower() in KEYS] if sees else []
    return [*keys, *HEADERS[provider.family.name], (b"content-type", b"application/json")]
