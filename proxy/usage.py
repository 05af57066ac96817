"""Usage that Steno asked for on its own: put into the request, taken out of the reply again. Pure, incremental.

Only where a provider's setting says so. Events pass whole: what is held back is never more than one event's bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable

ASKED = b'"stream_options":{"include_usage":true},'
_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_DATA = re.compile(rb"^data: ?([^\r\n]*)", re.MULTILINE)


def asking(body: bytes, before: bytes) -> bytes | None:
    """The body with usage asked for, and else as it was; None where the client set stream options of its own."""
    if b'"stream_options"' in body or not before.lstrip().startswith(b"{"):
        return None
    at = body.index(b"{") + 1
    return body[:at] + ASKED + body[at:]


class UsageFilter:
    """Takes out of a stream the chunk that only tells usage, which the client did not ask for."""

    def __init__(self, is_usage_alone: Callable[[bytes], bool]) -> None:
        self._is_usage_alone = is_usage_alone
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """What may go on to the client."""
        text = self._held + chunk
        passed: list[bytes] = []
        at = 0
        for end in _END.finditer(text):
            event = text[at : end.end()]
            at = end.end()
            if not self._drops(event):
                passed.append(event)
        self._held = text[at:]
        return b"".join(passed)

    def close(self) -> bytes:
        """What was still held when the stream ended."""
        held, self._held = self._held, b""
        return b"" if self._drops(held) else held

    def _drops(self, event: bytes) -> bool:
        if b'"usage"' not in event:
            return False
        return self._is_usage_alone(b"\n".join(_DATA.findall(event)))
