"""A stream of chunks, each of which goes on with some of a reply's choices: the grammar that both completions share.

What a choice is made of is its format's own; see ``Growing``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from proxy.dialects.envelope import find_failure, read_timings, read_usage
from proxy.dialects.jsontext import load, object_of, objects_in, text_of
from proxy.messages import Choice, Reply, ReplyError, Usage

CLOSING = b"[DONE]"


class Growing(Protocol):
    """One choice, growing. ``logprobs`` are those of a plain reply's choice: an object, or ``null``."""

    @property
    def finish_reason(self) -> str: ...
    @property
    def logprobs(self) -> bytes: ...
    def take(self, choice: dict[str, Any]) -> None: ...
    def choice(self) -> Choice: ...


G = TypeVar("G", bound=Growing)


class ChunkAssembler(Generic[G]):
    """Takes the payloads of a stream's events. Bytes that make no sense are passed over, and the reply says so.

    ``begin`` makes the choice with a number.
    """

    __slots__ = ("_begin", "_closed", "_error", "_growing", "_id", "_malformed", "_model", "_timings", "_usage")

    def __init__(self, begin: Callable[[int], G]) -> None:
        self._begin = begin
        self._id = self._model = ""
        self._growing: dict[int, G] = {}
        self._usage: Usage | None = None
        self._timings: Any = None
        self._error: ReplyError | None = None
        self._closed = self._malformed = False

    def feed(self, data: bytes) -> bool:
        """Take one event's payload; whether it is ``[DONE]``. What comes after that is no part of the reply."""
        if self._closed:
            return False
        if data.startswith(CLOSING):
            self._closed = True
            return True
        try:
            self._take(load(data))
        except (ValueError, RecursionError):
            self._malformed = self._malformed or bool(data.strip())
        return False

    def reply(self) -> Reply:
        """The reply so far; complete once it was closed, or every choice has said why it ended."""
        choices = [self._growing[index] for index in sorted(self._growing)]
        ended = bool(choices) and all(choice.finish_reason for choice in choices)
        return Reply(
            id=text_of(self._id),
            model=text_of(self._model),
            choices=tuple(choice.choice() for choice in choices),
            usage=self._usage or read_timings(self._timings),
            error=self._error,
            complete=self._closed or ended,
            malformed=self._malformed,
            reassembled=True,
            logprobs=joined([choice.logprobs for choice in choices]),
        )

    def _take(self, chunk: Any) -> None:
        if isinstance(chunk, dict):
            choices = chunk.get("choices")
            if choices:
                self._take_choices(choices)
            self._id = self._id or chunk.get("id") or ""
            self._model = self._model or chunk.get("model") or ""
            if chunk.get("usage"):
                self._usage = read_usage(chunk["usage"]) or self._usage
            if "timings" in chunk:
                self._timings = chunk["timings"]
            if choices and "error" not in chunk and "x_groq" not in chunk:
                return
            self._usage = self._usage or read_usage(object_of(chunk.get("x_groq")).get("usage"))
        self._error = self._error or find_failure(chunk)
        self._malformed = self._malformed or not isinstance(chunk, dict | list)

    def _take_choices(self, choices: Any) -> None:
        for place, choice in enumerate(objects_in(choices)):
            index = choice.get("index")
            if not isinstance(index, int):
                index = place
            growing = self._growing.get(index)
            if growing is None:
                growing = self._growing[index] = self._begin(index)
            growing.take(choice)
            if choice.get("usage"):  # as Moonshot tells it
                self._usage = read_usage(choice["usage"]) or self._usage


def joined(logprobs: Sequence[bytes]) -> bytes | None:
    """A list with one entry a choice, as a plain reply's; ``None`` if no choice has any."""
    return b"[" + b",".join(logprobs) + b"]" if any(piece != b"null" for piece in logprobs) else None
