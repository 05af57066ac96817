"""Embeddings: the dialect of ``/embeddings``. The vectors of a reply are told apart, so that nobody need keep them."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from proxy.dialects.dialect import Aside, Unparsed
from proxy.dialects.envelope import excerpt, find_error, read_ids, read_usage
from proxy.dialects.jsontext import REFUSALS, elements, load, members, text_of
from proxy.messages import Reply, Request, Usage


class Embeddings(Aside):
    """The ``Dialect`` of embeddings."""

    name = "embeddings"
    path = "/embeddings"
    closing: bytes | None = None

    def parse(self, body: bytes) -> Request:
        """Read a request; all of it stands ``before``. Raises ``Unparsed``."""
        try:
            fields = members(body)
            model = text_of(load(fields.get("model", b"null")))
        except ValueError as error:
            message = "the body is no JSON that can be read"
            raise Unparsed(message) from error
        if "input" not in fields:
            message = "the body has no input"
            raise Unparsed(message)
        return Request(model, stream=False, raws=(), before=body, after=b"", separators=(), ids=read_ids(fields))

    def read_reply(self, body: bytes, status: int) -> Reply:
        """A reply with the verbatim bytes of its vectors ``withheld``."""
        try:
            reply = _reply(body)
        except (ValueError, RecursionError):
            reply = Reply(complete=status >= 400, malformed=status < 400)
        return replace(reply, error=excerpt(body)) if status >= 400 and reply.error is None else reply

    def is_usage_alone(self, data: bytes) -> bool:
        """Never: embeddings don't stream."""
        del data
        return False

    def assembler(self) -> NoStream:
        """What takes a stream that nobody expects."""
        return NoStream()


class NoStream:
    """Takes events where none are known."""

    def feed(self, data: bytes) -> bool:
        """Nothing closes it."""
        del data
        return False

    def reply(self) -> Reply:
        """Nothing that can be read."""
        return Reply(malformed=True, reassembled=True)


class _Item(msgspec.Struct):
    embedding: msgspec.Raw


class _Wire(msgspec.Struct):
    data: list[_Item]
    model: str = ""
    usage: dict[str, object] | None = None
    error: None = None


_WIRE = msgspec.json.Decoder(_Wire)


def _reply(body: bytes) -> Reply:
    try:
        wire = _WIRE.decode(body)
    except REFUSALS:
        return _patiently(body)
    vectors = tuple(bytes(item.embedding) for item in wire.data)
    return Reply(model=text_of(wire.model), usage=_usage(wire.usage), complete=True, withheld=vectors)


def _patiently(body: bytes) -> Reply:
    fields = members(body)
    error = find_error(load(body))
    vectors = [members(item).get("embedding", b"") for item in elements(fields.get("data", b"[]"))]
    return Reply(
        model=text_of(load(fields.get("model", b"null"))),
        usage=_usage(load(fields.get("usage", b"null"))),
        error=error,
        complete=True,
        malformed="data" not in fields and error is None,
        withheld=tuple(filter(None, vectors)),
    )


def _usage(value: object) -> Usage | None:
    """Nothing is written in answer, so no token of it counts."""
    usage = read_usage(value)
    return replace(usage, completion=usage.completion or 0) if usage else None
