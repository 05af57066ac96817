import pytest

from proxy.api import queries
from proxy.api.queries import EventQuery, ExchangeQuery, SessionQuery, exchange_filter, session_filter
from proxy.errors import BadRequest

MINE, THEIRS = b"m" * 16, b"t" * 16


def test_nobody_sees_more_than_they_may_by_asking_for_it() -> None:
    theirs = SessionQuery(owner=THEIRS.hex())
    assert session_filter(theirs, MINE).owner == b""
    assert session_filter(theirs, None).owner == THEIRS
    assert session_filter(SessionQuery(), MINE).owner == MINE


def test_times_are_read_and_bad_ones_are_named() -> None:
    assert exchange_filter(ExchangeQuery(since="1970-01-01T00:00:01Z"), None, None).since == 1_000_000
    with pytest.raises(BadRequest, match="until must be a time of RFC 3339") as caught:
        session_filter(SessionQuery(until="soon"), None)
    assert caught.value.param == "until"


def test_a_log_is_filtered_within_its_session() -> None:
    wanted = queries.event_filter(EventQuery(type="error", role="system"), MINE, b"s")
    assert (wanted.owner, wanted.session, wanted.type, wanted.role) == (MINE, b"s", "error", "system")
    assert queries.place("log", EventQuery(), 4) == ()
