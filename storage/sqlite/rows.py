"""The rows that records refer to, found or made: owners, sessions, messages, lists, shared content.

The numbers of the latest are remembered, as long as nobody else has changed the store and no transaction was undone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from storage.cleaning import NOTHING
from storage.packing import pack_blob, pack_form
from storage.queries import load_queries
from storage.records import Blob, Link

SQL = load_queries("storage.sqlite", "writing.sql")
REMEMBERED = 10_000
DENSE = frozenset({"media"})
"""Kinds of content that no packing makes smaller: it would only hold up the commit."""


Key = TypeVar("Key")


class Known(dict[Key, int]):
    """Row numbers by what names them; a full one starts anew."""

    def add(self, key: Key, row: int) -> int:
        """Remember a row, and give it back."""
        if len(self) >= REMEMBERED:
            self.clear()
        self[key] = row
        return row


class Message(NamedTuple):
    """A message's row, the form in which it came (empty if it is the row's own), and the row before it if it is new."""

    row: int
    form: bytes = b""
    new: bool = False
    parent: int | None = None


class Exchange(NamedTuple):
    """An exchange that hasn't ended; ``again`` if it is another attempt of an earlier one.

    ``begun`` is its last message where that may be an answer, to be gone on from; ``saved`` says that there may be
    checkpoints of its reply.
    """

    row: int
    session: int | None
    begun: int | None
    again: bool
    saved: bool = False


class Rows:
    """The rows of one writing connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._owners = Known[bytes]()
        self._sessions = Known[tuple[bytes, int]]()
        self._messages = Known[bytes]()
        self._prompts = Known[bytes]()
        self._blobs = Known[bytes]()
        self._uses = Known[tuple[int, bytes]]()
        self._open: dict[bytes, Exchange] = {}
        self._seen = -1

    def begin(self) -> None:
        """Within a transaction that just began: forget what another process may have changed."""
        (version,) = self.connection.execute("PRAGMA data_version").fetchone()
        if version != self._seen:
            self.forget()
            self._seen = version

    def forget(self) -> None:
        """Trust the store alone, as after a transaction that was undone."""
        for known in (self._owners, self._messages, self._prompts, self._blobs):
            known.clear()
        self._sessions.clear()
        self._uses.clear()
        self._open.clear()

    def add(self, query: str, values: tuple[object, ...]) -> int | None:
        """The number of a new row; None if its key is taken."""
        cursor = self.connection.execute(SQL[query], values)
        return cursor.lastrowid if cursor.rowcount else None

    def _added(self, query: str, values: tuple[object, ...]) -> int:
        row = self.add(query, values)
        assert row is not None  # noqa: S101 (its key was just looked up)
        return row

    def _find(self, query: str, *values: object) -> int | None:
        found: tuple[int] | None = self.connection.execute(SQL[query], values).fetchone()
        return found[0] if found else None

    def _row(self, known: Known[bytes], query: str, key: bytes) -> int | None:
        """A row by its key, remembered or looked up."""
        row = known.get(key)
        if row is None:
            row = self._find(query, key)
            if row is not None:
                known.add(key, row)
        return row

    def owner_at(self, digest: bytes) -> int | None:
        """An owner."""
        return self._row(self._owners, "owner_of", digest)

    def owner(self, digest: bytes, at: int) -> int:
        """An owner, made if new."""
        row = self.owner_at(digest)
        return self._owners.add(digest, self._added("add_owner", (digest, at))) if row is None else row

    def session(self, uid: bytes, owner: int) -> int | None:
        """A session by its id, among those of its owner."""
        row = self._sessions.get((uid, owner))
        if row is None:
            row = self._find("session_row", uid, owner)
        return row if row is None else self._sessions.add((uid, owner), row)

    def session_named(self, name: str, owner: int) -> int | None:
        """A session by its client's name."""
        return self._find("session_named", owner, name)

    def parent_session(self, key: str, uid: bytes | None, owner: int) -> int | None:
        """A session by its client's name or its id."""
        return self._find("parent_session", owner, key, uid)

    def add_session(self, uid: bytes, owner: int, values: tuple[object, ...]) -> int | None:
        """A new session; None if there is one of that id."""
        row = self.add("add_session", (uid, owner, *values))
        return row if row is None else self._sessions.add((uid, owner), row)

    def keep(self, blob: Blob) -> None:
        """Keep content once."""
        if self._row(self._blobs, "has_blob", blob.hash) is None:
            packed = (False, blob.data) if blob.kind in DENSE else pack_blob(blob.data)
            values = (blob.hash, blob.kind, *packed)
            self._blobs.add(blob.hash, self._added("add_blob", values))

    def use(self, holder: int, hashes: Iterable[bytes]) -> None:
        """Let a session, or an exchange that belongs to none, need content; what isn't kept is passed over."""
        for name in hashes:
            if name and (holder, name) not in self._uses:
                row = self._row(self._blobs, "has_blob", name)
                if row is not None:
                    self.connection.execute(SQL["add_use"], (holder, row))
                    self._uses.add((holder, name), row)

    def message_at(self, digest: bytes) -> int | None:
        """The message with that digest; none has an owner's, which stands before the first."""
        return self._row(self._messages, "message_at", digest) if digest and digest not in self._owners else None

    def message(self, link: Link, marks: bytes | None = None) -> Message:
        """A message, made with its marks if new."""
        row = self._messages.get(link.digest)
        if row is None:
            parent = self.message_at(link.parent)
            text = link.text.replace("\0", NOTHING) or None  # the index would stop at a NUL
            values = (link.digest, parent, link.role, link.body, text, link.tokens, link.lone, marks)
            row = self.add("add_message", values)
            if row is not None:
                return Message(self._messages.add(link.digest, row), new=True, parent=parent)
            row = self._messages.add(link.digest, self._find("message_at", link.digest) or 0)
        (body,) = self.connection.execute(SQL["message_body"], (row,)).fetchone()
        return Message(row, pack_form(link.body, body))

    def prompt_at(self, digest: bytes) -> int | None:
        """The list with that digest."""
        return self._row(self._prompts, "prompt_at", digest)

    def prompt(self, digest: bytes, parent: int | None, items: bytes) -> int | None:
        """A list, made if new."""
        row = self.add("add_prompt", (digest, parent, items))
        return self.prompt_at(digest) if row is None else self._prompts.add(digest, row)

    def add_exchange(self, uid: bytes, exchange: Exchange) -> None:
        """Remember one that was just opened."""
        if len(self._open) >= REMEMBERED:
            self._open.clear()
        self._open[uid] = exchange

    def take_exchange(self, uid: bytes) -> Exchange | None:
        """An open exchange, to be closed; None if it is unknown or has ended."""
        known = self._open.pop(uid, None)
        if known is None:
            found = self.connection.execute(SQL["open_exchange"], (uid,)).fetchone()
            known = Exchange(found[0], found[1], found[2], bool(found[3]), saved=True) if found else None
        return known

    def add_checkpoint(self, uid: bytes, number: int, data: bytes) -> None:
        """Keep a piece of a running stream, unless its exchange has ended."""
        known = self._open.get(uid)
        if known is not None and not known.saved:
            self._open[uid] = known._replace(saved=True)
        self.connection.execute(SQL["add_checkpoint"], (uid, number, data))

    def unanswered_exchange(self, uid: bytes) -> Exchange | None:
        """An exchange that has ended with its answer still to be fetched; None if it has one, or is unknown."""
        found = self.connection.execute(SQL["unanswered"], (uid,)).fetchone()
        return Exchange(found[0], found[1], found[2], bool(found[3])) if found else None
