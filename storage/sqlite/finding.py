"""What threading asks of the store: who stands where. It finds, and leaves the choice to others."""

from __future__ import annotations

import sqlite3
from uuid import UUID

import msgspec

from storage.queries import load_queries
from storage.records import Found, Held, Lookup, Missed, Stand

SQL = load_queries("storage.sqlite", "finding.sql")

Row = tuple[bytes, bytes, int, bytes, int, bytes]


def find(connection: sqlite3.Connection, lookup: Lookup, owner: int | None) -> Found:
    """What is known about one request of the owner in that row."""
    return Found() if owner is None else _Search(connection, lookup, owner).found()


class _Search:
    """One lookup within one owner, and within one session where the request names one that exists."""

    def __init__(self, connection: sqlite3.Connection, lookup: Lookup, owner: int) -> None:
        self._connection = connection
        self._lookup = lookup
        self._owner = owner
        self._session: int | None = None

    def found(self) -> Found:
        lookup = self._lookup
        named = self._named(lookup.name)
        self._session = named[0] if named else None
        held = self._held()
        if lookup.name and named is None:
            return Found(held=held)
        missed = self._missed()
        if missed is not None:
            return Found(named=named[1] if named else b"", missed=missed)
        anchored = () if held else self._anchored()
        if held or anchored:
            weak = self._named(lookup.weak)
            return Found(named[1] if named else b"", weak[1] if weak else b"", None, anchored, held=held)
        called = self._called()
        paired = self._paired(lookup.pair) if lookup.pair else ()
        prefixed = self._prefixed()
        weak = self._named(lookup.weak)
        return Found(named[1] if named else b"", weak[1] if weak else b"", None, anchored, called, paired, prefixed)

    def _named(self, name: str) -> tuple[int, bytes] | None:
        if not name:
            return None
        found: tuple[int, bytes] | None = self._connection.execute(
            SQL["named"], (self._owner, name, _uid(name))
        ).fetchone()
        return found

    def _held(self) -> Held | None:
        handle, session = self._lookup.handle, self._session
        row = None
        if handle:
            row = self._connection.execute(SQL["held"], (self._owner, handle, session)).fetchone()
        elif self._lookup.follows and session is not None:
            row = self._connection.execute(SQL["reached"], (session,)).fetchone()
        if row is None:
            return None
        exchange, uid, at, tip, last, continued, answered = row
        return Held(exchange, uid or b"", at or b"", tip or b"", last or b"", bool(continued), bool(answered))

    def _missed(self) -> Missed | None:
        if not self._lookup.body_hash:
            return None
        row = self._connection.execute(SQL["missed"], (self._owner, self._lookup.body_hash, self._session)).fetchone()
        return Missed(row[0], row[1], row[2] or b"") if row else None

    def _anchored(self) -> tuple[Stand, ...]:
        anchor, following = self._lookup.anchor, self._lookup.next
        if not anchor:
            return ()
        if following:
            rows = self._rows("anchored_next", anchor, following)
            if rows:
                return tuple(self._stand(row, holds_next=True) for row in rows)
        stands = self._stands("anchored", anchor)
        if not stands and self._session is not None:
            return self._stands("anchored_any", anchor)
        return stands

    def _called(self) -> tuple[Stand, ...]:
        """Who stands at the anchor in another way than by its digest, or at the latest known call."""
        lookup = self._lookup
        shown = self._marked(lookup.anchor) or self._broken() if lookup.anchor else ()
        return shown or next(filter(None, map(self._marked, lookup.calls)), ())

    def _marked(self, landmark: bytes) -> tuple[Stand, ...]:
        return self._by(landmark, self._rows("marked", landmark))

    def _broken(self) -> tuple[Stand, ...]:
        """Who holds an answer that its client broke off, and of which it shows as much as it had read."""
        lookup = self._lookup
        return self._by(lookup.anchor, self._rows("broken", lookup.behind, lookup.said)) if lookup.said else ()

    def _by(self, landmark: bytes, rows: list[Row]) -> tuple[Stand, ...]:
        return tuple(msgspec.structs.replace(self._stand(row), by=landmark) for row in rows)

    def _paired(self, pair: bytes) -> tuple[Stand, ...]:
        """Who holds the pair right after the one before it, or at all; of several, who holds earlier ones, too."""
        before = self._lookup.pairs[:1]
        stands = (before and self._stands("marked_after", pair, *before)) or self._stands("marked", pair)
        for earlier in self._lookup.pairs:
            if len(stands) < 2:
                break
            stands = self._stands("marked_both", pair, earlier) or stands
        return stands

    def _prefixed(self) -> tuple[Stand, ...]:
        found = (self._stands("anchored", prefix) or self._marked(prefix) for prefix in self._lookup.prefixes)
        return next(filter(None, found), ())

    def _stands(self, query: str, *digests: bytes) -> tuple[Stand, ...]:
        return tuple(self._stand(row) for row in self._rows(query, *digests))

    def _rows(self, query: str, *values: bytes | str) -> list[Row]:
        return self._connection.execute(SQL[query], (self._owner, self._session, *values)).fetchall()

    @staticmethod
    def _stand(row: Row, *, holds_next: bool = False) -> Stand:
        session, digest, continued, system, updated_at, lone = row
        return Stand(session, digest, holds_next, bool(continued), system, updated_at, lone)


def _uid(name: str) -> bytes | None:
    try:
        return UUID(name).bytes
    except ValueError:
        return None
