"""The search, asked over HTTP."""

from __future__ import annotations

import pytest

from proxy.api.search import ENDPOINTS
from storage.records import NewSession, Record
from tests.api.reading import reader
from tests.storage.samples import link, opened

OTHER = b"other".ljust(16, b".")
WHALES: list[Record] = [
    opened(1, (link("user", "What do\n whales sing?"),), new=NewSession(name="whales")),
    opened(2, (link("user", "whale"),)),
    opened(3, (link("user", "whales of others", OTHER),), owner=OTHER),
]


async def test_hits_are_told_with_an_excerpt_and_the_ranges_of_their_words() -> None:
    async with reader(ENDPOINTS, WHALES) as client:
        answer = (await client.get("/api/search", params={"q": "WHALES sing"})).json()
    (hit,) = answer["data"]
    assert answer["next_cursor"] is None
    assert hit["excerpt"] == "What do whales sing?"
    assert [hit["excerpt"][start:end] for start, end in hit["highlights"]] == ["whales", "sing"]
    assert hit["text"] == "What do\n whales sing?"
    assert (hit["type"], hit["role"], hit["at"], hit["sessions"]) == (
        "message",
        "user",
        "1970-01-01T00:00:01.000000Z",
        1,
    )
    assert hit["session_id"] == hit["exchange_id"] == "00000000-0000-0000-0000-000000000001"


async def test_a_caller_sees_its_own_owners_data_and_the_admin_everyones() -> None:
    async with reader(ENDPOINTS, WHALES) as client:
        assert len((await client.get("/api/search?q=whale")).json()["data"]) == 2
    async with reader(ENDPOINTS, WHALES, "admin") as client:
        assert len((await client.get("/api/search?q=whale")).json()["data"]) == 3
    async with reader(ENDPOINTS, WHALES, "") as client:
        assert (await client.get("/api/search?q=whale")).status_code == 401


async def test_pages_follow_one_another() -> None:
    async with reader(ENDPOINTS, WHALES) as client:
        first = (await client.get("/api/search?q=whale&limit=1")).json()
        second = (await client.get("/api/search", params={"q": "whale", "cursor": first["next_cursor"]})).json()
    assert [hit["text"] for hit in first["data"] + second["data"]] == ["whale", "What do\n whales sing?"]
    assert second["next_cursor"] is None


async def test_a_session_is_named_as_everywhere_and_an_unknown_or_anothers_is_not_found() -> None:
    async with reader(ENDPOINTS, WHALES) as client:
        assert len((await client.get("/api/search?q=whale&session=whales")).json()["data"]) == 1
        for session in ("nothing", "00000000-0000-0000-0000-000000000003"):
            answer = await client.get("/api/search", params={"q": "whale", "session": session})
            assert (answer.status_code, answer.json()["error"]["param"]) == (404, "session")


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({}, "q"),
        ({"q": ' "" '}, "q"),
        ({"q": "x" * 3000}, "q"),
        ({"q": "a", "limit": "0"}, "limit"),
        ({"q": "a", "limit": "many"}, "limit"),
        ({"q": "a", "order": "oldest"}, "order"),
        ({"q": "a", "type": "thought"}, "type"),
        ({"q": "a", "since": "yesterday"}, "since"),
        ({"q": "a", "cursor": "gone"}, "cursor"),
        ({"q": "a", "page": "2"}, "page"),
        ({"q": "a", "role": "nobody"}, "role"),
    ],
)
async def test_a_bad_parameter_is_named(asked: dict[str, str], param: str) -> None:
    async with reader(ENDPOINTS, []) as client:
        answer = await client.get("/api/search", params=asked)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"]) == (400, "invalid_request_error", param)


async def test_a_search_without_a_word_says_what_is_missing() -> None:
    async with reader(ENDPOINTS, WHALES) as client:
        for words in ("", " ", '""'):
            answer = await client.get("/api/search", params={"q": words})
            assert (answer.status_code, answer.json()["error"]["message"]) == (400, "q must hold a word.")
