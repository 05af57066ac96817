"""What every exchange works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from proxy.asked import Reader
from proxy.context import Context
from proxy.forwarding import Forwarder
from proxy.meter import Meter
from proxy.recorder import Recorder
from proxy.streams import Streams
from proxy.summarizer import Summarizer


@dataclass(frozen=True, slots=True)
class Rooms:
    """Made once by the server."""

    reader: Reader
    recorder: Recorder
    forwarder: Forwarder
    context: Context
    meter: Meter
    clock: Callable[[], int]
    run: bytes
    max_body_bytes: int
    checkpoint_seconds: float
    durability: str
    raw: str
    refuses: bool
    summarizer: Summarizer | None = None
    streams: Streams = field(default_factory=Streams)
