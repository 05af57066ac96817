"""What all calls have in common, over the real server."""

import pytest

from tests.api.readers import Reader

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_answer_that_the_caller_has_is_not_sent_again(reader: Reader) -> None:
    await reader.talk("Hello")
    first = await reader.call("GET", "/sessions")
    again = await reader.call("GET", "/sessions", headers={"if-none-match": f'"x", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    await reader.talk("Hello")
    changed = await reader.call("GET", "/sessions", headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200


@pytest.mark.parametrize("path", ["/search?q=hello", "/stats", "/reflection", "/events", "/exchanges"])
async def test_each_answer_has_a_tag(reader: Reader, path: str) -> None:
    await reader.talk("Hello")
    tag = (await reader.call("GET", path)).headers["etag"]
    assert (await reader.call("GET", path, headers={"if-none-match": tag})).status_code == 304


async def test_what_may_be_large_is_streamed(reader: Reader) -> None:
    session, _ = await reader.talk("Hello")
    for path in (f"/sessions/{session}/messages", "/export", "/export?format=markdown"):
        async with reader.stage.http.stream(
            "GET", f"/api{path}", headers={"authorization": f"Bearer {reader.key}"}
        ) as answer:
            assert (answer.headers["transfer-encoding"], "content-length" in answer.headers) == ("chunked", False)
            assert await answer.aread()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/sessions?nope=1", "valid are limit, cursor"),
        ("/sessions?limit=0", "limit: Expected `int` >= 1"),
        ("/sessions?has_errors=perhaps", "has_errors: Expected"),
        ("/sessions?limit=1&limit=2", "once only"),
        ("/sessions?has_errors=null", "is no value"),
        ("/sessions?cursor=x", "next_cursor of the page before"),
        ("/sessions?order=size", "order: Invalid"),
        ("/sessions/x?y=1", "this call takes none"),
    ],
)
async def test_a_bad_parameter_is_a_400_that_says_what_is_valid(reader: Reader, path: str, says: str) -> None:
    answer = await reader.call("GET", path)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert says in error["message"]


async def test_a_method_that_is_not_there_is_a_405_that_lists_those_that_are(reader: Reader) -> None:
    answer = await reader.call("PUT", "/sessions")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert (await reader.call("HEAD", "/sessions")).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"title": 1}', b'{"nope": 1}', b"[" * 100_000])
async def test_a_body_that_is_none_is_a_400(reader: Reader, body: bytes) -> None:
    answer = await reader.call("POST", "/sessions", content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


async def test_text_that_no_database_can_hold_is_cleaned(reader: Reader) -> None:
    made = await reader.post("/sessions", {"title": "a\x00b", "metadata": {"k\x00": "v"}})
    assert made["title"] == "a�b"
    assert (await reader.get("/sessions", q="a\x00b"))["data"][0]["id"] == made["id"]
