"""Chat completions: the dialect of ``/chat/completions``. What it does stands in the modules beside it."""

from __future__ import annotations

from proxy.dialects.chat_message import read_message, read_role
from proxy.dialects.chat_reply import read_reply
from proxy.dialects.chat_request import parse
from proxy.dialects.chat_stream import GrowingAnswer
from proxy.dialects.chunks import CLOSING, ChunkAssembler
from proxy.dialects.envelope import is_usage_alone
from proxy.messages import Message, Reply, Request, Role


class Chat:
    """The ``Dialect`` of chat completions."""

    name = "chat"
    path = "/chat/completions"
    closing: bytes | None = CLOSING
    converses = True

    def parse(self, body: bytes) -> Request:
        """Cut a request's body where its messages stand. Raises ``Unparsed``."""
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
        """Whether a chunk tells usage and nothing else."""
        return is_usage_alone(data)

    def assembler(self) -> ChunkAssembler[GrowingAnswer]:
        """Begin a stream."""
        return ChunkAssembler(GrowingAnswer)
