"""Anthropic's messages: the dialect of ``/messages``. What it does stands in the modules beside it."""

from __future__ import annotations

from proxy.dialects.anthropic_message import read_message, read_role
from proxy.dialects.anthropic_reply import read_reply
from proxy.dialects.anthropic_request import parse
from proxy.dialects.anthropic_stream import CLOSING, AnthropicAssembler
from proxy.messages import Message, Reply, Request, Role


class Anthropic:
    """The ``Dialect`` of Anthropic's messages."""

    name = "anthropic"
    converses = True
    path = "/messages"
    closing: bytes | tuple[bytes, ...] | None = CLOSING

    def parse(self, body: bytes) -> Request:
        """Cut a request's body where its messages stand, and its tools' results. Raises ``Unparsed``."""
        return parse(body)

    def read_message(self, raw: bytes) -> Message:
        """Read one message; never raises."""
        return read_message(raw)

    def role(self, raw: bytes) -> Role:
        """Who speaks in it."""
        return read_role(raw)

    def read_reply(self, body: bytes, status: int) -> Reply:
        """Read a reply that is no stream."""
        return read_reply(body, status)

    def is_usage_alone(self, data: bytes) -> bool:
        """No event is about usage alone."""
        del data
        return False

    def assembler(self) -> AnthropicAssembler:
        """Begin a stream."""
        return AnthropicAssembler()
