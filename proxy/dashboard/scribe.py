"""Messages as HTML, remembered, and within a time: Markdown is slow, and a page must not be.

What there was no time for stays plain text, which the page asks for again once it comes into view.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from threading import Lock

from markupsafe import Markup

LONGEST = 20_000
REMEMBERED = 4 * 1024 * 1024
SECONDS = 0.04

Clock = Callable[[], float]


class Scribe:
    """Holds what was rendered lately, up to so many characters."""

    def __init__(self, clock: Clock, remembered: int = REMEMBERED) -> None:
        self._clock = clock
        self._render: Callable[[str], Markup] | None = None
        self._known: OrderedDict[bytes, Markup] = OrderedDict()
        self._size = 0
        self._remembered = remembered
        self._lock = Lock()

    @property
    def is_ready(self) -> bool:
        """Whether that which renders is loaded."""
        return self._render is not None

    def ready(self) -> Callable[[str], Markup]:
        """Load it: what nobody needs who shows no conversation takes megabytes."""
        if self._render is None:
            from proxy.dashboard.prose import reader  # noqa: PLC0415

            self._render = reader()
        return self._render

    def page(self, seconds: float = SECONDS) -> Callable[[str], Markup | None]:
        """A renderer for one page: None once the time is over, or where a text is too long."""
        ends = self._clock() + seconds

        def rendered(text: str) -> Markup | None:
            nonlocal ends
            if len(text) > LONGEST:
                return None
            if not self.is_ready:
                ends -= self._clock()
                self.ready()
                ends += self._clock()
            key = blake2b(text.encode(errors="replace"), digest_size=16).digest()
            known = self._known.get(key)
            if known is None and self._clock() < ends:
                known = self.ready()(text)
                self._keep(key, known)
            return known

        return rendered

    def _keep(self, key: bytes, html: Markup) -> None:
        with self._lock:  # pages are made on several threads
            if key not in self._known:
                self._known[key] = html
                self._size += len(html)
            while self._size > self._remembered:
                _, gone = self._known.popitem(last=False)
                self._size -= len(gone)
