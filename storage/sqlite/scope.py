"""What a search is narrowed to: whose, which session's, by whom, of what kind, when."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from storage.cleaning import LARGEST, clean_text
from storage.inquiries import Inquiry
from storage.queries import load_queries
from storage.sqlite.indexing import MESSAGES, POSTED, Document, mark

SQL = load_queries("storage.sqlite", "searching.sql")


@dataclass(frozen=True, slots=True)
class Scope:
    """A search's filters, with the rows that they name; ``None`` and what is empty narrow nothing."""

    owner: int | None
    session: int | None
    role: str
    type: str
    model: str
    since: int
    until: int

    @property
    def marks(self) -> str:
        """The filters that the index knows, as a part of a query to it."""
        named = {"o": self.owner, "r": self.role, "t": self.type, "m": self.model}
        marks = [f'marks : "{mark(kind, value)}"' for kind, value in named.items() if value not in (None, "")]
        return " AND ".join(marks)

    def admits(self, document: Document) -> bool:
        """Whether a document is within the filters, but for the session."""
        asked = (self.owner, self.role, self.type, self.model)
        has = (document.owner, document.role, document.type, document.model)
        named = all(wanted in (None, "", there) for wanted, there in zip(asked, has, strict=True))
        return named and self.since <= document.at < (self.until or LARGEST)

    def holds(self, connection: sqlite3.Connection, document: Document) -> bool:
        """Whether a document is in the session that was asked for."""
        if self.session is None:
            return True
        query = {MESSAGES: "held_message", POSTED: "held_posted"}.get(document.source, "held_exchange")
        return connection.execute(SQL[query], (document.row, self.session)).fetchone() is not None


def scope(connection: sqlite3.Connection, inquiry: Inquiry) -> Scope | None:
    """The filters of an inquiry; ``None`` if they name what isn't there."""
    owner = _row(connection, "owner_number", inquiry.owner)
    session = _row(connection, "session_number", inquiry.session)
    if (inquiry.owner and owner is None) or (inquiry.session and session is None):
        return None
    role, kind, model = map(clean_text, (inquiry.role, inquiry.type, inquiry.model))
    return Scope(owner, session, role, kind, model, inquiry.since, inquiry.until)


def _row(connection: sqlite3.Connection, query: str, key: bytes) -> int | None:
    found: tuple[int] | None = connection.execute(SQL[query], (key,)).fetchone() if key else None
    return found[0] if found else None
