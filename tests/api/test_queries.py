import pytest

from proxy.api import queries
from proxy.api.queries import EventQuery, ExchangeQuery, SearchQuery, SessionQuery, exchange_filter, session_filter
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


def test_a_search_holds_what_was_asked() -> None:
    query = SearchQuery(q="a b", role="tool", type="tool_result", model="m", since="50s", limit=7, order="rank")
    asked = queries.inquiry(query, None, b"s", 100_000_000)
    assert (asked.query, asked.role, asked.type, asked.model) == ("a b", "tool", "tool_result", "m")
    assert (asked.since, asked.until, asked.limit, asked.order) == (50_000_000, 0, 7, "rank")
    assert (asked.session, asked.owner) == (b"s", b"")
    with pytest.raises(BadRequest, match="until must be a time such as"):
        queries.inquiry(SearchQuery(q="a", until="?"), MINE, b"", 0)


def test_a_log_is_filtered_within_its_session() -> None:
    wanted = queries.event_filter(EventQuery(type="error", role="system"), MINE, b"s")
    assert (wanted.owner, wanted.session, wanted.type, wanted.role) == (MINE, b"s", "error", "system")
    assert queries.place("log", EventQuery(), 4) == ()
