"""The list of sessions: what its address asks for, and what a search found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from proxy.excerpts import Excerpt, excerpt
from proxy.shapes.plain import one_line
from storage.browsing import Wanted
from storage.inquiries import Hit, Inquiry
from storage.ports import Store

PAGE = 50
HITS = 20
LONGEST = 200
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sought:
    """A list's address, read: what is no good in it is passed over."""

    query: str = ""
    model: str = ""
    app: str = ""
    tag: str = ""
    errors: bool = False
    since: str = ""
    until: str = ""
    before: str = ""

    @property
    def narrows(self) -> bool:
        """Whether there are filters."""
        return bool(self.model or self.app or self.tag or self.errors or self.since or self.until)

    def wanted(self, owner: bytes | None = None) -> Wanted:
        """As the store understands it; days are those of UTC, and both included."""
        return Wanted(
            owner=owner,
            model=self.model,
            app=self.app,
            tag=self.tag,
            errors=self.errors,
            since=_micros(self.since),
            until=_micros(self.until, DAY),
            before=_place(self.before),
            limit=PAGE,
        )

    def address(self, **changed: str) -> str:
        """The address of the same list with something changed in it."""
        fields = {
            "q": self.query,
            "model": self.model,
            "app": self.app,
            "tag": self.tag,
            "errors": "1" if self.errors else "",
            "since": self.since,
            "until": self.until,
            **changed,
        }
        given = {name: text for name, text in fields.items() if text}
        return f"/?{urlencode(given)}" if given else "/"


@dataclass(frozen=True, slots=True)
class Found:
    """A hit with its passage."""

    hit: Hit
    excerpt: Excerpt

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The passage, cut at what was found in it."""
        text, at = self.excerpt.text, 0
        pieces: list[tuple[str, bool]] = []
        for start, end in self.excerpt.highlights:
            pieces += [(text[at:start], False), (text[start:end], True)]
            at = end
        return [piece for piece in (*pieces, (text[at:], False)) if piece[0]]


def sought(params: Mapping[str, str]) -> Sought:
    """Read an address."""
    given = {name: params.get(name, "").strip()[:LONGEST] for name in ("model", "app", "tag", "since", "until")}
    return Sought(
        query=params.get("q", "").strip()[:LONGEST],
        errors=params.get("errors", "") in {"1", "on", "true"},
        before=params.get("before", "")[:LONGEST],
        **given,
    )


async def find(store: Store, query: str, owner: bytes | None = None) -> Sequence[Found]:
    """The newest messages in which the query stands."""
    found = await store.search(Inquiry(query, limit=HITS, owner=owner or b""))
    return [Found(hit, excerpt(one_line(hit.text), query, 220)) for hit in found.hits]


def further(place: tuple[int, int] | None) -> str:
    """Where the next leaf begins, as an address holds it."""
    return f"{place[0]}-{place[1]}" if place else ""


def _place(text: str) -> tuple[int, int] | None:
    at, _, row = text.partition("-")
    if not (at.isascii() and at.isdigit() and row.isascii() and row.isdigit()) or len(at) > 18 or len(row) > 18:
        return None
    return int(at), int(row)


def _micros(day: str, more: timedelta = timedelta()) -> int:
    try:
        begun = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC) + more
    except (ValueError, OverflowError):
        return 0
    return max(0, int(begun.timestamp()) * 1_000_000 - (1 if more else 0))
