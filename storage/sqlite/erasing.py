"""Sessions leave the store: first nobody finds them any more, then all that is theirs alone goes, piece by piece.

A piece is what a transaction must not cut; after each, others may write. Whoever erases twice, or again after a crash,
does no harm: each piece looks at what is there. What another session holds stays; a list of messages that it sent then
keeps for itself what would else go.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

import msgspec

from storage.holes import cut, held
from storage.packing import pack_form
from storage.queries import load_queries
from storage.sqlite import sharing, statistics, unindexing
from storage.sqlite.indexing import ASKED, ERRORS, MESSAGES, POSTED, SAID
from storage.sqlite.reading import blob, formed
from storage.sqlite.requests import Item

SQL = load_queries("storage.sqlite", "erasing.sql")

TOGETHER, SPOKEN = 8, 4096
"""So many messages, or so many characters of them, go at once."""

Session = tuple[int, bytes]
"""A session that is leaving: its row, and the id that it got for that."""


def leave(connection: sqlite3.Connection, sessions: Sequence[bytes]) -> None:
    """From now on nobody finds these sessions."""
    begin(connection)
    for session in sessions:
        connection.execute(SQL["orphan"], (session,))
        connection.execute(SQL["leave"], (session,))


def begin(connection: sqlite3.Connection) -> None:
    """Remember that the files are to be cleaned."""
    connection.execute(SQL["begin_wiping"])
    unindexing.prepare(connection)


def unwiped(connection: sqlite3.Connection) -> bytes | None:
    """The latest erasure that the files have to be cleaned of."""
    found = connection.execute(SQL["unwiped"]).fetchone()
    return found[0] if found else None


def wiped(connection: sqlite3.Connection, erasure: bytes) -> None:
    """The files are clean, unless another erasure came after that one."""
    connection.execute(SQL["end_wiping"], (erasure,))


def inactive(connection: sqlite3.Connection, before: int) -> list[bytes]:
    """The sessions with no activity since a moment, longest first."""
    return [session for (session,) in connection.execute(SQL["inactive"], (before,))]


def leaving(connection: sqlite3.Connection) -> Session | None:
    """A session that is still to be erased."""
    found: Session | None = connection.execute(SQL["leaving"]).fetchone()
    return found


def is_leaving(connection: sqlite3.Connection, session: Session) -> bool:
    """Whether it is still that session: its row may be another one's by now."""
    return connection.execute(SQL["is_leaving"], session).fetchone() is not None


def has_alone(connection: sqlite3.Connection, before: int) -> bool:
    """Whether an exchange from before a moment belongs to no session."""
    return connection.execute(SQL["first_alone"], (before,)).fetchone() is not None


def session_pieces(connection: sqlite3.Connection, session: int) -> Iterator[None]:
    """Erase a session that is leaving. A reply may still come to it while that goes on."""
    while connection.execute(SQL["drop_session"], (session,)).rowcount == 0:
        yield from _handed_over(connection, session)
        yield from _exchanges(connection, session)
        yield from _posted(connection, session)
        for query in ("drop_calls", "drop_planned"):
            while connection.execute(SQL[query], (session,)).rowcount:
                yield
        yield from _summaries(connection, session)
        yield from _places(connection, session)
        yield from _uses(connection, session)


def lone_pieces(connection: sqlite3.Connection, before: int) -> Iterator[None]:
    """Erase the exchanges from before a moment that belong to no session."""
    while (found := connection.execute(SQL["first_alone"], (before,)).fetchone()) is not None:
        exchange, prompt = found
        _drop_exchange(connection, exchange)
        _drop_lists(connection, None, prompt)
        for _ in _uses(connection, -exchange):  # all at once: nothing would lead back to them
            pass
        yield


def _handed_over(connection: sqlite3.Connection, session: int) -> Iterator[None]:
    """Let others who hold a message as well no longer hold it by an exchange that is about to go."""
    place = 0
    while (found := connection.execute(SQL["placed"], (session, place)).fetchone()) is not None:
        place, message = found
        connection.execute(SQL["adopt"], (message, session))
        yield


def _exchanges(connection: sqlite3.Connection, session: int) -> Iterator[None]:
    """The latest go first: a list goes before the one that it goes on from."""
    while (found := connection.execute(SQL["latest_exchange"], (session,)).fetchone()) is not None:
        exchange, prompt = found
        _drop_exchange(connection, exchange)
        _drop_lists(connection, session, prompt)
        yield


def _drop_exchange(connection: sqlite3.Connection, exchange: int) -> None:
    statistics.take_names(connection, exchange)
    for source in (ERRORS, ASKED, SAID):
        unindexing.unindex(connection, source, (exchange,))
    for query in ("drop_attempts", "drop_checkpoints", "drop_exchange"):
        connection.execute(SQL[query], (exchange,))
    unindexing.rewind(connection)


def _posted(connection: sqlite3.Connection, session: int) -> Iterator[None]:
    while found := connection.execute(SQL["posted"], (session, TOGETHER)).fetchall():
        unindexing.unindex(connection, POSTED, [row for (row,) in found])
        connection.executemany(SQL["drop_posted"], found)
        yield


def _drop_lists(connection: sqlite3.Connection, session: int | None, prompt: int | None) -> None:
    """A list and those that it goes on from, up to one that the session's other requests end with."""
    dropping = True
    while prompt is not None:
        found = connection.execute(SQL["list"], (prompt, session)).fetchone()
        if found is None or found[2]:
            return
        parent, items, _, needed = found
        dropping = dropping and not needed
        if dropping:
            connection.execute(SQL["drop_list"], (prompt,))
        else:
            _keep_alone(connection, prompt, msgspec.msgpack.decode(items, type=list[Item]))
        prompt = parent


def _keep_alone(connection: sqlite3.Connection, prompt: int, items: list[Item]) -> None:
    """Let a list that stays hold what none of those who stay and sent it holds: nobody else keeps that for it."""
    kept = [_kept(connection, prompt, item) for item in items]
    if kept != items:
        connection.execute(SQL["set_items"], (prompt, msgspec.msgpack.encode(kept)))


def _kept(connection: sqlite3.Connection, prompt: int, item: Item) -> Item:
    message, system, form, separator = item
    if system is None and not message:
        return item
    query, what = ("message_stays", message) if system is None else ("blob_stays", system)
    if connection.execute(SQL[query], (prompt, what)).fetchone():
        return item
    try:
        body = formed(connection, (message, form)) if system is None else blob(connection, system)
    except LookupError:  # it was not kept whole in the first place
        return item
    return item if body is None else (0, None, pack_form(cut(body, ())[0], b""), separator)


def _summaries(connection: sqlite3.Connection, session: int) -> Iterator[None]:
    """What stands in place of a history stays with another session that has the same."""
    while (found := connection.execute(SQL["segment"], (session,)).fetchone()) is not None:
        segment, heir = found
        connection.execute(*((SQL["give_segment"], found) if heir else (SQL["drop_segment"], (segment,))))
        yield
    while (found := connection.execute(SQL["closing"], (session,)).fetchone()) is not None:
        heir = found[2]
        connection.execute(*((SQL["give_closing"], found) if heir else (SQL["drop_closing"], found[:2])))
        yield


def _places(connection: sqlite3.Connection, session: int) -> Iterator[None]:
    """Some at a time, the first ones first: so the full-text index has the least to do."""
    while found := connection.execute(SQL["first_places"], (session, TOGETHER)).fetchall():
        going, said = [], 0
        for place, message, length in found:
            said += length
            if said > SPOKEN and place != found[0][0]:
                break
            connection.execute(SQL["drop_place"], (place,))
            if not _is_left(connection, message):
                going.append(message)
        unindexing.unindex(connection, MESSAGES, going)
        for message in going:
            connection.execute(SQL["drop_landmarks"], (message,))
            connection.execute(SQL["drop_message"], (message,))
        unindexing.rewind(connection)
        yield


def _is_left(connection: sqlite3.Connection, message: int) -> bool:
    """Whether another session holds a message, which then needs what was cut out of it."""
    other = connection.execute(SQL["other_place"], (message,)).fetchone()
    if other is not None:
        sharing.use(connection, other[0], held(other[1]))
    return other is not None


def _uses(connection: sqlite3.Connection, holder: int) -> Iterator[None]:
    while (found := connection.execute(SQL["use_of"], (holder,)).fetchone()) is not None:
        connection.execute(SQL["drop_use"], (holder, *found))
        connection.execute(SQL["drop_unused"], found)
        yield
