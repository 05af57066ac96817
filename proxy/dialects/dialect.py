"""What a dialect is: one wire format, read into the neutral values of ``proxy.messages``."""

from __future__ import annotations

from typing import Protocol

from proxy.messages import Message, Reply, Request, Role


class Unparsed(ValueError):
    """The body is no request of this dialect. It is passed on untouched and recorded as unparsed."""


class Assembler(Protocol):
    """Puts the events of one streamed reply together."""

    def feed(self, data: bytes) -> bool:
        """Take one event's payload; whether it is the one that closes the stream. Never raises."""
        ...

    def reply(self) -> Reply:
        """The reply so far."""
        ...


class Dialect(Protocol):
    """A wire format. All of it is pure, and only ``parse`` raises."""

    @property
    def name(self) -> str:
        """The name under which exchanges are recorded."""
        ...

    @property
    def path(self) -> str:
        """What a request's path ends with, below the base URL."""
        ...

    @property
    def converses(self) -> bool:
        """Whether its requests are messages that go on from earlier ones; others are kept whole."""
        ...

    @property
    def closing(self) -> bytes | tuple[bytes, ...] | None:
        """What the first line of a payload begins with that closes a stream all by itself, if the format has such."""
        ...

    def parse(self, body: bytes) -> Request:
        """Cut a request: ``before``, ``raws`` and their ``separators``, ``after`` are the body. Raises ``Unparsed``."""
        ...

    def read_message(self, raw: bytes) -> Message:
        """One element of the messages list."""
        ...

    def role(self, raw: bytes) -> Role:
        """Its role alone, cheaply."""
        ...

    def read_reply(self, body: bytes, status: int) -> Reply:
        """A reply that is no stream."""
        ...

    def is_usage_alone(self, data: bytes) -> bool:
        """Whether an event of a stream tells usage and nothing else."""
        ...

    def assembler(self) -> Assembler:
        """A fresh assembler for one stream."""
        ...


class Holding(Dialect, Protocol):
    """A dialect whose upstream holds replies, to be named and fetched later."""

    def held_at(self, path: str) -> tuple[str, bool]:
        """The handle of the reply that a path names, empty if it names none; and whether it names nothing else."""
        ...


class Aside:
    """What dialects have in common that don't converse: none of their bytes is a message."""

    converses = False

    def read_message(self, raw: bytes) -> Message:
        """Nothing that anybody said."""
        del raw
        return Message(Role.OTHER)

    def role(self, raw: bytes) -> Role:
        """Nobody's."""
        del raw
        return Role.OTHER
