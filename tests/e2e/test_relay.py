"""Bytes through the proxy, both ways."""

from collections.abc import AsyncIterator

import pytest

from tests.e2e.stages import CHAT, RAW_CHAT, Stage
from tests.e2e.upstreams import ASKED, ENCODERS, raw_reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

ODD = (
    b'{ "seed":123456789012345678901234567890, "model" : "m","temperature":1e400,"top_p":NaN,\t"model":"m2",'
    b'"messages":[ {"role":"user","content":"\\ud83d \\u00e9 \xc3\xa9"} ,{"content":"x","role":"user"}],'
    b'"x":[1.0,1.00,-0]}\n'
)


# Requests


@pytest.mark.parametrize(
    "body",
    [ODD, ASKED, b"no JSON at all", b"\x00\xff\xfe", b'{"messages":"none"}', b"[1,2]", b'{"a":1,"a":2,"b":NaN}', b"{}"],
)
async def test_a_body_goes_upstream_as_the_bytes_that_came(stage: Stage, key: str, body: bytes) -> None:
    await stage.post(CHAT, key, body)
    assert stage.heard.kept == body
    assert stage.heard.header(b"content-length") == str(len(body))


@pytest.mark.parametrize("coding", ENCODERS)
async def test_an_encoded_body_stays_encoded_and_is_read_all_the_same(stage: Stage, key: str, coding: str) -> None:
    body = ENCODERS[coding](ASKED)
    response = await stage.post(CHAT, key, body, {"content-encoding": coding})
    assert response.status_code == 200
    assert stage.heard.kept == body
    assert stage.heard.header(b"content-encoding") == coding
    record = await stage.recorded(response)
    assert record.exchange.parsed
    assert record.said[0] == ("user", "hi")
    assert record.sent == ASKED


async def test_a_body_in_chunks_arrives_whole(stage: Stage, key: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield ASKED[:10]
        yield ASKED[10:]

    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    response = await stage.http.post(CHAT, content=pieces(), headers=headers)
    assert response.status_code == 200
    assert stage.heard.kept == ASKED


OLD = b"POST %s HTTP/1.0\r\nAuthorization: Bearer %s\r\n%sContent-Length: %d\r\n\r\n%s"


@pytest.mark.parametrize("more", [b"", b"Connection: keep-alive\r\n"])
async def test_a_client_of_the_old_protocol_gets_a_stream_that_ends_with_its_connection(
    stage: Stage, key: str, more: bytes
) -> None:
    body = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}'
    answer = await stage.told(OLD % (CHAT.encode(), key.encode(), more, len(body), body))
    head, _, frames = answer.partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()
    assert b"connection: close" in head.lower()
    assert frames.startswith(b"data: ")
    assert frames.endswith(b"data: [DONE]\n\n")


async def test_a_client_of_the_old_protocol_gets_a_body_of_the_length_that_is_told(stage: Stage, key: str) -> None:
    answer = await stage.told(OLD % (CHAT.encode(), key.encode(), b"", len(ASKED), ASKED))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert body.endswith(b"}")


async def test_no_header_is_added_that_the_client_did_not_send(stage: Stage) -> None:
    request = b"POST %s HTTP/1.1\r\nHost: proxy.example\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
    await stage.told(request % (CHAT.encode(), len(ASKED), ASKED))
    assert sorted(name for name, _ in stage.heard.headers) == [b"content-length", b"host"]
    assert stage.heard.header(b"host") == stage.upstream_url.removeprefix("http://")
    await stage.told(b"GET /v1/models HTTP/1.1\r\nHost: proxy.example\r\nConnection: close\r\n\r\n")
    assert [name for name, _ in stage.heard.headers] == [b"host"]


async def test_headers_pass_and_those_of_the_hop_stay(stage: Stage) -> None:
    own = b"x-session-title: T\r\nX-Session-Meta-Run: 1\r\nx-session-tags: a\r\nx-session-id: relayed-headers\r\n"
    hop = b"Connection: close, X-Hop\r\nx-hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Authorization: x\r\n"
    many = b"Cookie: a=1; b=2\r\nx-many: 1\r\nX-Many: 2, 3\r\nx-utf: \xc3\xa9\r\n"
    end = b"Authorization: Bearer k\r\nUser-Agent: me\r\n\r\n"
    await stage.told(b"GET /v1/echo HTTP/1.1\r\nHost: h\r\n" + own + hop + many + end)
    heard = [(name, value) for name, value in stage.heard.headers if name != b"host"]
    assert heard == [
        (b"x-session-id", b"relayed-headers"),
        (b"cookie", b"a=1; b=2"),
        (b"x-many", b"1"),
        (b"x-many", b"2, 3"),
        (b"x-utf", b"\xc3\xa9"),
        (b"authorization", b"Bearer k"),
        (b"user-agent", b"me"),
    ]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_every_method_passes(stage: Stage, key: str, method: str) -> None:
    body = b"" if method in {"GET", "OPTIONS"} else b"some \x00 body"
    response = await stage.http.request(method, "/v1/echo/deep", content=body, headers={"authorization": key})
    told = response.json()
    assert (told["method"], told["path"], told["body_bytes"]) == (method, "/v1/echo/deep", len(body))


async def test_a_post_without_a_body_passes(stage: Stage) -> None:
    reply = await stage.told(b"POST /v1/echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 200")
    assert stage.heard.size == 0


@pytest.mark.parametrize(
    ("asked", "path", "query"),
    [
        ("/v1/echo", "/v1/echo", ""),
        ("//v1//echo", "/v1/echo", ""),
        ("/v1/v1/echo", "/v1/echo", ""),
        ("/v1/echo/", "/v1/echo", ""),
        ("/v1/echo?a=1&b=%20x&c=%2F&d=a+b", "/v1/echo", "a=1&b=%20x&c=%2F&d=a+b"),
        ("/v1/echo?after=x%26y&empty=&flag", "/v1/echo", "after=x%26y&empty=&flag"),
        ("/v1/echo/a%2Fb%20c%25", "/v1/echo/a%2Fb%20c%25", ""),
        ("/v1/echo/%C3%A9:x@y,z", "/v1/echo/%C3%A9:x@y,z", ""),
        ("/s/some-name/v1/echo", "/v1/echo", ""),
        ("http://elsewhere.example/v1/echo", "/v1/echo", ""),
    ],
)
async def test_a_path_is_found_in_all_its_spellings(stage: Stage, key: str, asked: str, path: str, query: str) -> None:
    await stage.told(f"GET {asked} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
    assert (stage.heard.path.decode(), stage.heard.query.decode()) == (path, query)


@pytest.mark.parametrize(
    "dots",
    [
        b"..",
        b"%2e%2e",
        b".%2e",
        b"%2E.",
        b"..;",
        b"..;x=1",
        b"..%2f",
        b"%252e%252e",
        b"..%5c",
        b".",
        b"%c0%ae%c0%ae",
        b"..%00",
        b"..\\",
        b"x%2f..%2f..",
    ],
)
async def test_dots_in_no_spelling_leave_the_base_path(stage: Stage, key: str, dots: bytes) -> None:
    for target in (b"/v1/" + dots + b"/admin", b"/v1/models/" + dots + b"/" + dots + b"/admin", b"/v1/" + dots):
        reply = await stage.told(b"GET " + target + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        assert reply.startswith(b"HTTP/1.1 400")
    assert stage.journal.counts["started"] == 0


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 5\r\nContent-Length: 5\r\n",
    ],
)
async def test_two_lengths_at_once_are_refused(stage: Stage, key: str, lengths: bytes) -> None:
    head = b"POST %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s\r\n0\r\n\r\n"
    for path in (CHAT.encode(), b"/v1/files"):
        assert (await stage.told(head % (path, lengths))).startswith(b"HTTP/1.1 400")
    assert stage.journal.counts["started"] == 0


async def test_a_websocket_is_refused_at_once(stage: Stage, key: str) -> None:
    reply = await stage.told(
        b"GET /v1/responses HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    assert reply.startswith(b"HTTP/1.1 426")
    assert b"websocket_unsupported" in reply
    assert stage.journal.counts["started"] == 0


async def test_a_probe_of_the_root_is_answered_here(stage: Stage, key: str) -> None:
    assert (await stage.http.head("/")).status_code == 200
    assert (await stage.http.get("/healthz")).json() == {"status": "ok"}
    assert (await stage.http.get("/readyz")).status_code == 200
    assert stage.journal.counts["started"] == 0


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/"), ("GET", "/admin"), ("GET", "/v2/models"), ("PUT", "/healthz")]
)
async def test_other_paths_are_refused_with_what_would_be_right(stage: Stage, key: str, method: str, path: str) -> None:
    response = await stage.http.request(method, path)
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "unknown_path"
    assert "/v1" in response.json()["error"]["message"]
    assert stage.journal.counts["started"] == 0


@pytest.mark.parametrize("path", [CHAT, "/v1/echo"])
async def test_a_client_that_waits_to_be_told_to_go_on_is_told(stage: Stage, key: str, path: str) -> None:
    async with stage.socket() as (reader, writer):
        head = "POST {} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n"
        writer.write(head.format(path, len(ASKED)).encode())
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(ASKED)
        assert (await reader.read()).startswith(b"HTTP/1.1 200")
    assert stage.heard.kept == ASKED
    assert stage.heard.header(b"expect") == ""


# Replies


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"\\ud83d"}}],"n":123456789012345678901}',
        b"no JSON \x00\xff",
        b"",
    ],
)
async def test_a_reply_comes_back_as_the_bytes_that_were_sent(stage: Stage, key: str, body: bytes) -> None:
    stage.raw.says("/chat/completions", raw_reply(body, b"content-type: application/json"))
    response = await stage.post(RAW_CHAT, key, ASKED)
    assert response.content == body
    assert response.headers["content-length"] == str(len(body))
    assert "transfer-encoding" not in response.headers


@pytest.mark.parametrize("coding", ENCODERS)
@pytest.mark.parametrize("streamed", [False, True])
async def test_an_encoded_reply_stays_encoded_and_is_read_all_the_same(
    stage: Stage, key: str, coding: str, streamed: bool
) -> None:
    if streamed:
        body = b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}]}\n\ndata: [DONE]\n\n'
    else:
        body = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"}}]}'
    encoded = ENCODERS[coding](body)
    kind = b"content-type: text/event-stream" if streamed else b"content-type: application/json"
    stage.raw.says("/chat/completions", raw_reply(encoded, kind, b"content-encoding: " + coding.encode()))
    headers = {"authorization": f"Bearer {key}", "accept-encoding": coding}
    async with stage.http.stream("POST", RAW_CHAT, content=ASKED, headers=headers) as response:
        relayed = b"".join([chunk async for chunk in response.aiter_raw()])
    assert relayed == encoded
    assert response.headers["content-encoding"] == coding
    assert (await stage.recorded(response)).said == [("user", "hi"), ("assistant", "Hi")]


async def test_headers_of_a_reply_pass_with_their_doubles_and_those_of_the_hop_stay(stage: Stage, key: str) -> None:
    headers = [
        b"Set-Cookie: a=1; Path=/",
        b"set-cookie: b=2",
        b"x-ratelimit-remaining-requests: 7",
        b"retry-after-ms: 20",
        b"Retry-After: 1",
        b"x-should-retry: false",
        b"x-request-id: req_1",
        b"x-odd: \xe9\xc3\xa9",
        b"X-Session-Id: forged",
        b"Server: theirs",
        b"Date: Thu, 01 Jan 1970 00:00:00 GMT",
        b"Connection: keep-alive, x-hop",
        b"X-Hop: 1",
        b"Keep-Alive: timeout=5",
    ]
    stage.raw.says("/chat/completions", raw_reply(b"{}", *headers))
    response = await stage.post(RAW_CHAT, key, ASKED)
    stage.http.cookies.clear()
    pairs = [(name.lower(), value) for name, value in response.headers.raw]
    relayed = [pair for pair in pairs if not pair[0].startswith(b"x-session")]
    own = [(name, value) for name, value in relayed if name == b"x-exchange-id"]
    assert [pair for pair in relayed if pair not in own] == [
        (b"set-cookie", b"a=1; Path=/"),
        (b"set-cookie", b"b=2"),
        (b"x-ratelimit-remaining-requests", b"7"),
        (b"retry-after-ms", b"20"),
        (b"retry-after", b"1"),
        (b"x-should-retry", b"false"),
        (b"x-request-id", b"req_1"),
        (b"x-odd", b"\xe9\xc3\xa9"),
        (b"server", b"theirs"),
        (b"date", b"Thu, 01 Jan 1970 00:00:00 GMT"),
        (b"content-length", b"2"),
    ]
    assert len(own) == 1
    assert response.headers.get_list("x-session-id") != ["forged"]
    assert response.headers["x-session-match"] == "new"


async def test_cookies_are_passed_on_and_not_kept(stage: Stage, key: str) -> None:
    stage.raw.says("/chat/completions", raw_reply(b"{}", b"Set-Cookie: kept=no"))
    await stage.post(RAW_CHAT, key, ASKED)
    stage.http.cookies.clear()
    await stage.post(RAW_CHAT, key, ASKED)
    stage.http.cookies.clear()
    assert b"cookie" not in stage.raw.heads["/chat/completions"][-1].lower()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_passed_on_and_not_followed(stage: Stage, key: str, status: int) -> None:
    location = f"location: {stage.raw.url}/elsewhere".encode()
    stage.raw.says("/moved", raw_reply(b"", location, status=b"%d Moved" % status))
    response = await stage.http.get("/raw/v1/moved")
    assert response.status_code == status
    assert response.headers["location"] == f"{stage.raw.url}/elsewhere"
    assert stage.raw.requests["/elsewhere"] == 0


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (b"204 No Content", b""),
        (b"304 Not Modified", b"etag: x\r\n"),
        (b"304 Not Modified", b"content-length: 1234\r\n"),
        (b"204 No Content", b"content-length: 0\r\n"),
    ],
)
async def test_a_reply_that_has_no_body_has_none_here(stage: Stage, key: str, status: bytes, headers: bytes) -> None:
    stage.raw.says("/empty", b"HTTP/1.1 " + status + b"\r\n" + headers + b"\r\n")
    reply = await stage.told(b"GET /raw/v1/empty HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    head, _, body = reply.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status[:3])
    assert body == b""
    assert b"transfer-encoding" not in head.lower()
    record = await stage.latest()
    assert (record.exchange.ending, record.exchange.status) == ("complete", int(status[:3]))


async def test_a_head_request_gets_the_head_alone(stage: Stage, key: str) -> None:
    stage.raw.says("/head", b"HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n")
    reply = await stage.told(b"HEAD /raw/v1/head HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert b"content-length: 1234\r\n" in reply
    assert reply.endswith(b"\r\n\r\n")
    assert stage.raw.heads["/head"][-1].startswith(b"HEAD ")
    assert (await stage.latest()).exchange.ending == "complete"


async def test_what_an_upstream_says_before_its_reply_does_not_disturb(stage: Stage, key: str) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    stage.raw.says("/chat/completions", early + raw_reply(b'{"ok":true}'))
    response = await stage.post(RAW_CHAT, key, ASKED)
    assert (response.status_code, response.json()) == (200, {"ok": True})


async def test_a_reply_that_ends_with_its_connection_is_whole(stage: Stage, key: str) -> None:
    stage.raw.says("/old", b"HTTP/1.0 200 OK\r\ncontent-type: text/plain\r\n\r\nall of it", closes=True)
    assert (await stage.http.get("/raw/v1/old")).content == b"all of it"
    assert (await stage.latest()).exchange.ending == "complete"


async def test_an_offer_of_another_protocol_is_passed_over(stage: Stage, key: str) -> None:
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"
    head = b"POST /v1/echo HTTP/1.1\r\nHost: h\r\n" + offer + b"Content-Length: 5\r\n\r\n"
    async with stage.socket() as (reader, writer):
        for pieces in ((head, b"hello"), (head + b"hello",)):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            await reader.readuntil(b"}")
    assert [name for name, _ in stage.heard.headers if name in (b"upgrade", b"http2-settings", b"connection")] == []
    assert [entry.kept for entry in stage.journal.entries] == [b"hello", b"hello"]


async def test_one_connection_serves_many_requests(stage: Stage, key: str) -> None:
    request = b"GET /v1/models/standin HTTP/1.1\r\nHost: h\r\n\r\n"
    async with stage.socket() as (reader, writer):
        for _ in range(3):
            writer.write(request)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            await reader.readuntil(b"}")
        writer.write(request * 2)
        await reader.readuntil(b"}")
        await reader.readuntil(b"}")
    assert stage.journal.counts["requests"] == 5
