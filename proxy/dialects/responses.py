"""OpenAI's Responses: the dialect of ``/responses``. What it does stands in the modules beside it."""

from __future__ import annotations

import re

from proxy.dialects.responses_items import read_message, read_role
from proxy.dialects.responses_reply import read_reply
from proxy.dialects.responses_request import parse
from proxy.dialects.responses_stream import CLOSING, ResponsesAssembler
from proxy.messages import Message, Reply, Request, Role

_HELD = re.compile(r"/responses/([^/]+)(/.*)?$")


class Responses:
    """The ``Dialect`` of responses; it is ``Holding``, too: a reply can be fetched again by its id."""

    name = "responses"
    path = "/responses"
    closing: tuple[bytes, ...] | None = CLOSING
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
        """Never: the event that tells usage tells everything else, too."""
        return False

    def assembler(self) -> ResponsesAssembler:
        """Begin a stream."""
        return ResponsesAssembler()

    def held_at(self, path: str) -> tuple[str, bool]:
        """The handle of the reply that a path names, and whether it names nothing else: no part of it."""
        found = _HELD.search(path)
        return (found[1], not found[2]) if found else ("", False)
