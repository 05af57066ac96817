"""What threading asks of the store: who stands where. It finds, and leaves the choice to others."""

from __future__ import annotations

import sqlite3
from uuid import UUID

from storage.queries import load_queries
from storage.records import Found, Lookup, Missed, Stand

SQL = load_queries("storage.sqlite", "finding.sql")

Row = tuple[bytes, bytes, int, int, bytes, int]


def find(connection: sqlite3.Connection, lookup: Lookup) -> Found:
    """What is known about one request."""
    row = connection.execute("SELECT id FROM owners WHERE hash = ?", (lookup.owner,)).fetchone()
    return _Search(connection, lookup, row[0]).found() if row else Found()


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
        if lookup.name and named is None:
            return Found()
        self._session = named[0] if named else None
        missed = self._missed()
        if missed is not None:
            return Found(named=named[1] if named else b"", missed=missed)
        anchored = self._anchored()
        overlap = {} if anchored else self._overlap()
        weak = self._named(lookup.weak)
        return Found(named=named[1] if named else b"", weak=weak[1] if weak else b"", anchored=anchored, **overlap)

    def _named(self, name: str) -> tuple[int, bytes] | None:
        if not name:
            return None
        found: tuple[int, bytes] | None = self._connection.execute(
            SQL["named"], (self._owner, name, _uid(name))
        ).fetchone()
        return found

    def _missed(self) -> Missed | None:
        if not self._lookup.body_hash:
            return None
        row = self._connection.execute(SQL["missed"], (self._owner, self._lookup.body_hash, self._session)).fetchone()
        return Missed(exchange=row[0], session=row[1], tip=row[2] or b"") if row else None

    def _anchored(self) -> tuple[Stand, ...]:
        anchor = self._lookup.anchor
        if not anchor:
            return ()
        if self._lookup.next:
            rows = self._rows("anchored_next", anchor, self._lookup.next)
            if rows:
                return tuple(self._stand(row, holds_next=True) for row in rows)
        rows = self._rows("anchored", anchor)
        if not rows and self._session is not None:
            rows = self._rows("anchored_any", anchor)
        return tuple(self._stand(row) for row in rows)

    def _overlap(self) -> dict[str, tuple[Stand, ...]]:
        """The first of the weaker signs that anyone shows."""
        lookup = self._lookup
        for call in lookup.calls:
            rows = self._rows("marked", call)
            if rows:
                return {"called": tuple(map(self._stand, rows))} | self._weaker()
        return self._weaker()

    def _weaker(self) -> dict[str, tuple[Stand, ...]]:
        lookup = self._lookup
        paired = self._rows("marked", lookup.pair) if lookup.pair else []
        prefixed: list[Row] = []
        for prefix in lookup.prefixes:
            prefixed = self._rows("anchored", prefix)
            if prefixed:
                break
        return {"paired": tuple(map(self._stand, paired)), "prefixed": tuple(map(self._stand, prefixed))}

    def _rows(self, query: str, *digests: bytes) -> list[Row]:
        first, *rest = digests
        parameters = (first, self._session, *rest)
        return self._connection.execute(SQL[query], parameters).fetchall()

    def _stand(self, row: Row, *, holds_next: bool = False) -> Stand:
        session, digest, session_row, message, system, updated_at = row
        continued = self._connection.execute(SQL["continued"], (message, session_row)).fetchone() is not None
        return Stand(session, digest, holds_next, continued, system, updated_at)


def _uid(name: str) -> bytes | None:
    try:
        return UUID(name).bytes
    except ValueError:
        return None
