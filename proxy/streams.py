"""Streams that still run, by the history that they answer: some clients go on before a stream has come to its end.

Such a client takes the reason why an answer finished for the end of it, and its next request may be here before the
first one's end is: it is placed behind that answer only if the answer is recorded before it. Knows no connection.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from proxy.chain import Chained, lone_digest
from proxy.messages import Reply


class Stream(Protocol):
    """One that runs."""

    def reply(self) -> Reply | None:
        """The reply as far as it came."""
        ...

    def overtake(self) -> None:
        """End its record here and now."""
        ...


@dataclass(slots=True)
class Streams:
    """The streams of one process. A request that goes on from none of them costs one look."""

    _running: dict[bytes, dict[bytes, Stream]] = field(default_factory=dict)

    def begin(self, tip: bytes, exchange: bytes, stream: Stream) -> None:
        """A request with this digest at its end is answered by a stream."""
        self._running.setdefault(tip, {})[exchange] = stream

    def end(self, tip: bytes, exchange: bytes) -> None:
        """It is over."""
        running = self._running.get(tip)
        if running is not None and running.pop(exchange, None) is not None and not running:
            del self._running[tip]

    def overtaken(self, chained: Chained) -> None:
        """End the record of the stream whose answer, which says that it is whole, stands in this request already."""
        answer = chained.answer if self._running else None
        if answer is None:
            return
        for stream in self._running.get(answer.parent, {}).values():
            reply = stream.reply()
            if reply is not None and _is_answer(reply, answer.lone):
                stream.overtake()
                return


def _is_answer(reply: Reply, lone: bytes) -> bool:
    return reply.complete and any(lone_digest(choice.message) == lone for choice in reply.choices)
