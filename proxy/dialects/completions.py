"""Legacy completions: the dialect of ``/completions``. A prompt and the texts that go on from it, no conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from proxy.dialects.chunks import CLOSING, ChunkAssembler, joined
from proxy.dialects.dialect import Aside, Unparsed
from proxy.dialects.envelope import excerpt, find_failure, is_usage_alone, read_ids, read_usage
from proxy.dialects.jsontext import clean, dump, elements, load, members, object_of, objects_in, text_of
from proxy.messages import Choice, Message, Part, Reply, Request, Role


class Completions(Aside):
    """The ``Dialect`` of legacy completions."""

    name = "completions"
    path = "/completions"
    closing: bytes | None = CLOSING

    def parse(self, body: bytes) -> Request:
        """Read a request; all of it stands ``before``. Raises ``Unparsed``."""
        try:
            fields = members(body)
            prompt, options = (load(fields.get(name, b"null")) for name in ("prompt", "stream_options"))
        except ValueError as error:
            message = "the body is no JSON that can be read"
            raise Unparsed(message) from error
        if not fields:
            message = "the body is no object"
            raise Unparsed(message)
        text, tokens = _read_prompt(prompt)
        return Request(
            model=text_of(load(fields.get("model", b"null"))),
            stream=fields.get("stream") == b"true",
            raws=(),
            before=body,
            after=b"",
            separators=(),
            asks_usage=object_of(options).get("include_usage") is True,
            ids=read_ids(fields),
            text=text,
            tokens=tokens,
        )

    def read_reply(self, body: bytes, status: int) -> Reply:
        """A plain reply."""
        try:
            reply = _reply(body)
        except (ValueError, RecursionError):
            reply = Reply(complete=status >= 400, malformed=status < 400)
        return replace(reply, error=excerpt(body)) if status >= 400 and reply.error is None else reply

    def is_usage_alone(self, data: bytes) -> bool:
        """Whether a chunk tells usage and nothing else."""
        return is_usage_alone(data)

    def assembler(self) -> ChunkAssembler[GrowingText]:
        """Begin a stream."""
        return ChunkAssembler(GrowingText)


def _read_prompt(prompt: Any) -> tuple[str, int]:
    """The text of a prompt, and how many tokens it has besides: it may be text or tokens, or a list of either."""
    if isinstance(prompt, str):
        return clean(prompt), 0
    items = prompt if isinstance(prompt, list) else []
    texts = [clean(item) for item in items if isinstance(item, str)]
    flat = [token for item in items for token in (item if isinstance(item, list) else [item])]
    return "\n".join(texts), sum(isinstance(token, int) for token in flat)


def _reply(body: bytes) -> Reply:
    value = load(body)
    top = object_of(value)
    error = find_failure(value)
    found = objects_in(top.get("choices"))
    pieces = [members(raw).get("logprobs", b"null") for raw in elements(members(body).get("choices", b"[]"))]
    return Reply(
        id=text_of(top.get("id")),
        model=text_of(top.get("model")),
        choices=tuple(_choice(choice, place) for place, choice in enumerate(found)),
        usage=read_usage(top.get("usage")),
        error=error,
        complete=True,
        malformed=error is None and not isinstance(top.get("choices"), list),
        logprobs=joined(pieces),
    )


def _choice(choice: dict[str, Any], place: int) -> Choice:
    index = choice.get("index")
    where = index if isinstance(index, int) else place
    return _answer(where, text_of(choice.get("text")), text_of(choice.get("finish_reason")))


def _answer(index: int, text: str, finish_reason: str) -> Choice:
    message = Message(Role.ASSISTANT, (Part("text", text),) if text else ())
    return Choice(index, message, dump({"index": index, "text": text}), finish_reason or None)


@dataclass(slots=True)
class GrowingText:
    """One choice, growing."""

    index: int
    texts: list[str] = field(default_factory=list)
    finish_reason: str = ""
    said: dict[str, list[Any]] = field(default_factory=dict)

    def take(self, choice: dict[str, Any]) -> None:
        text = choice.get("text")
        if isinstance(text, str):
            self.texts.append(text)
        self.finish_reason = text_of(choice.get("finish_reason")) or self.finish_reason
        for key, entries in object_of(choice.get("logprobs")).items():
            if isinstance(entries, list):
                self.said.setdefault(key, []).extend(entries)

    @property
    def logprobs(self) -> bytes:
        """What was told of its tokens, by kind."""
        return dump(self.said) if self.said else b"null"

    def choice(self) -> Choice:
        return _answer(self.index, clean("".join(self.texts)), self.finish_reason)
