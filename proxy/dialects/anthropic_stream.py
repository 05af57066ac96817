"""A streamed answer of ``/messages``, put together: its blocks become those that a plain reply would have had."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from proxy.dialects.anthropic_message import read_answer
from proxy.dialects.anthropic_reply import read_usage
from proxy.dialects.envelope import find_error
from proxy.dialects.jsontext import clean, dump, load, object_of, objects_in, text_of
from proxy.messages import Choice, Reply, ReplyError

CLOSING = (b'{"type":"message_stop"', b'{"type": "message_stop"')
_ASIDE = frozenset({"ping", "content_block_stop"})


class AnthropicAssembler:
    """Takes the payloads of a stream's events. What makes no sense is passed over, and the reply says so."""

    __slots__ = ("_blocks", "_closed", "_error", "_id", "_malformed", "_model", "_reason", "_usage")

    def __init__(self) -> None:
        self._id = self._model = self._reason = ""
        self._blocks: dict[int, _Block] = {}
        self._usage: dict[str, Any] = {}
        self._error: ReplyError | None = None
        self._closed = self._malformed = False

    def feed(self, data: bytes) -> bool:
        """Take one event's payload; whether it closes the stream. What comes after that is no part of the reply."""
        if self._closed:
            return False
        try:
            self._take(object_of(load(data)))
        except (ValueError, RecursionError):
            self._malformed = self._malformed or bool(data.strip())
        return self._closed

    def reply(self) -> Reply:
        """The reply so far; complete once it was closed, or has said why it ended."""
        return Reply(
            id=self._id,
            model=self._model,
            choices=(self._choice(),) if self._blocks or self._reason else (),
            usage=read_usage(self._usage),
            error=self._error,
            complete=self._closed or bool(self._reason),
            malformed=self._malformed,
            reassembled=True,
        )

    def _take(self, event: dict[str, Any]) -> None:
        kind = text_of(event.get("type"))
        match kind:
            case "content_block_delta":
                self._block(event).take(object_of(event.get("delta")))
            case "content_block_start":
                self._block(event).begin(object_of(event.get("content_block")))
            case "message_start":
                self._start(object_of(event.get("message")))
            case "message_delta":
                self._reason = text_of(object_of(event.get("delta")).get("stop_reason")) or self._reason
                self._count(event.get("usage"))
            case "message_stop":
                self._closed = True
            case _ if kind not in _ASIDE:
                self._error = self._error or find_error(event)
                # A kind of event that is made later has a name at least.
                self._malformed = self._malformed or not (kind or self._error)

    def _start(self, message: dict[str, Any]) -> None:
        self._id, self._model = text_of(message.get("id")), text_of(message.get("model"))
        self._count({**object_of(message.get("usage")), "output_tokens": None})

    def _count(self, usage: Any) -> None:
        """Take what is told of usage: later numbers stand for all that came before them."""
        self._usage |= {name: value for name, value in object_of(usage).items() if value is not None}

    def _block(self, event: dict[str, Any]) -> _Block:
        index = event.get("index")
        return self._blocks.setdefault(index if isinstance(index, int) else len(self._blocks), _Block())

    def _choice(self) -> Choice:
        body = b",".join(self._blocks[index].body() for index in sorted(self._blocks))
        return Choice(0, read_answer(body), body, self._reason or None)


@dataclass(slots=True)
class _Block:
    """One block, growing."""

    value: dict[str, Any] = field(default_factory=dict)
    citations: list[Any] = field(default_factory=list)
    texts: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def begin(self, value: dict[str, Any]) -> None:
        self.value = value

    def take(self, delta: dict[str, Any]) -> None:
        """Add what a delta brings: text to the member of its name, a citation to the list of them."""
        for name, value in delta.items():
            if name == "citation":
                self.citations.append(value)
            elif name == "signature":
                self.value[name] = value
            elif name != "type" and isinstance(value, str):
                self.texts[name].append(value)

    def body(self) -> bytes:
        """The block as JSON, with its kind even where its beginning was lost."""
        value = dict(self.value)
        for name, pieces in self.texts.items():
            if name != "partial_json":
                value[name] = text_of(value.get(name)) + "".join(pieces)
        if self.citations:
            value["citations"] = [*objects_in(value.get("citations")), *self.citations]
        given = "".join(self.texts.get("partial_json", ()))
        if given.strip():
            value["input"] = _input(given)
        if "type" not in value:
            value["type"] = "tool_use" if "input" in value else "thinking" if "thinking" in value else "text"
        return dump(value)


def _input(text: str) -> Any:
    """A call's arguments: what is no whole JSON stays text."""
    try:
        return load(clean(text).encode())
    except ValueError:
        return text
