"""Requests, read: which are parsed, which pass unread, and what each is known by."""

from __future__ import annotations

import gzip
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.types import Message, Receive

from proxy.access import Access
from proxy.asked import LARGE, Asked, Reader, changed, with_usage
from proxy.chain import Memo, Prefix
from proxy.config import Settings
from proxy.errors import BadRequest, BodyTooLarge, Unauthorized
from proxy.headers import Headers
from proxy.inbox import Inbox
from proxy.issuers import Issuers
from proxy.meter import Meter
from proxy.prices import PriceBook
from proxy.providers import providers_of
from proxy.threads import HeldBy
from proxy.tokens import Tokenizer

CHAT = "/v1/chat/completions"
LIMIT = 1 << 20
PROVIDERS = {
    "plain": {"base_url": "http://127.0.0.1:1/v1", "models": ["own-*"]},
    "told": {"base_url": "http://127.0.0.1:2/v1"},
}

Talk = list[dict[str, str]]


class BrokenMemo(Memo):
    """One that has a fault."""

    def put(self, prefix: Prefix) -> None:
        """Fail."""
        raise ZeroDivisionError


async def nobody(owner: bytes, handle: str) -> str:
    """Know no reply."""
    return ""


def reader(
    memo: Memo | None = None, *, require_key: bool = False, find: Callable[[bytes, str], Awaitable[str]] = nobody
) -> Reader:
    access = Access(secret=b"s" * 32, owners="key", require_key=require_key, keys=())
    meter = Meter(Tokenizer(), PriceBook({}))
    providers = providers_of(Settings.model_validate({"providers": PROVIDERS}))
    return Reader(providers, access, meter, memo if memo is not None else Memo(), LIMIT, LIMIT, Issuers(find))


def sender(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    return receive


async def read(
    body: bytes, path: str = CHAT, *more: tuple[bytes, bytes], method: str = "POST", by: Reader | None = None
) -> Asked:
    headers: Headers = [(b"content-length", str(len(body)).encode()), *more]
    raw_path, _, query = path.encode().partition(b"?")
    scope = {"method": method, "raw_path": raw_path, "query_string": query, "headers": headers}
    return await (by or reader()).read(scope, Inbox(sender(body)))


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def chat(talk: Talk | None = None, **fields: Any) -> bytes:
    return json.dumps({"model": "m", "messages": talk or [user("hi")], **fields}).encode()


async def content(asked: Asked) -> bytes:
    return asked.content if isinstance(asked.content, bytes) else b"".join([chunk async for chunk in asked.content])


# Parsed or passed


async def test_a_request_of_a_dialect_is_read() -> None:
    asked = await read(chat(), f"{CHAT}?x=1")
    assert asked.request is not None
    assert asked.chained is not None
    assert (asked.content, asked.request.model, len(asked.chained.links)) == (chat(), "m", 1)
    assert (asked.route.path, asked.route.query, asked.provider.name) == ("/chat/completions", "x=1", "default")


@pytest.mark.parametrize(("path", "method"), [("/v1/moderations", "POST"), (CHAT, "PUT")])
async def test_a_body_of_no_dialect_stays_with_the_client_until_it_is_passed_on(path: str, method: str) -> None:
    asked = await read(chat(), path, method=method)
    assert not isinstance(asked.content, bytes)
    assert await content(asked) == chat()
    assert (asked.dialect, asked.request, asked.chained, asked.body_hash) == (None, None, None, b"")


async def test_a_body_of_unknown_length_stays_with_the_client_too() -> None:
    scope = {"method": "PUT", "raw_path": b"/v1/files", "query_string": b"", "headers": [(b"transfer-encoding", b"x")]}
    asked = await reader().read(scope, Inbox(sender(b"abc")))
    assert await content(asked) == b"abc"


async def test_no_body_is_read_at_once() -> None:
    assert (await read(b"", "/v1/models", method="GET")).content == b""


@pytest.mark.parametrize("body", [b"", b"no json", b'{"model":"m"}', b'{"model":"m","messages":[7]}'])
async def test_a_body_that_is_none_of_its_dialects_passes_as_it_came(body: bytes) -> None:
    asked = await read(body)
    assert (asked.content, asked.request, asked.chained) == (body, None, None)
    assert asked.dialect is not None
    assert asked.body_hash != b""


async def test_a_long_body_is_read_like_a_short_one() -> None:
    asked = await read(chat([user("long " * (LARGE // 5 + 1))]))
    assert asked.chained is not None
    assert len(asked.chained.links) == 1


async def test_a_body_beyond_the_limit_is_refused() -> None:
    with pytest.raises(BodyTooLarge):
        await read(bytes(LIMIT + 1))


async def test_a_fault_of_ours_lets_the_request_pass_unparsed(caplog: pytest.LogCaptureFixture) -> None:
    asked = await read(chat(), by=reader(BrokenMemo()))
    assert (asked.content, asked.request, asked.chained) == (chat(), None, None)
    assert "it passes unparsed" in caplog.text


# Whose it is, and where it goes


async def test_two_lengths_are_refused() -> None:
    with pytest.raises(BadRequest, match="twice") as caught:
        await read(chat(), CHAT, (b"transfer-encoding", b"chunked"))
    assert caught.value.code == "two_lengths"


async def test_a_caller_without_the_key_that_is_required_is_refused() -> None:
    with pytest.raises(Unauthorized):
        await read(chat(), by=reader(require_key=True))


async def test_each_key_has_its_own_history() -> None:
    one, other = [await read(chat(), CHAT, (b"authorization", b"Bearer " + key)) for key in (b"a", b"b")]
    assert one.owner != other.owner
    assert one.chained is not None
    assert other.chained is not None
    assert one.chained.end.tip != other.chained.end.tip


async def test_a_provider_is_chosen_by_its_path_or_the_requests_model() -> None:
    assert (await read(chat(), f"/told{CHAT}")).provider.name == "told"
    assert (await read(chat(model="own-1"))).provider.name == "plain"
    assert (await read(b"", "/told/v1/models", method="GET")).provider.name == "told"


@pytest.mark.parametrize(
    ("path", "header", "fields"),
    [
        (f"/s/mine{CHAT}", (b"accept", b"*/*"), {}),
        (CHAT, (b"x-session-id", b"mine"), {}),
        (CHAT, (b"accept", b"*/*"), {"metadata": {"session_id": "mine"}}),
        ("/s/mine/v1/embeddings", (b"accept", b"*/*"), {}),
    ],
)
async def test_a_session_is_named_by_path_header_or_body(
    path: str, header: tuple[bytes, bytes], fields: dict[str, Any]
) -> None:
    assert (await read(chat(**fields), path, header)).hints.name == "mine"


# What it is known by


async def test_the_same_request_has_the_same_hash_however_it_is_packed() -> None:
    packed = gzip.compress(chat())
    plain, zipped = await read(chat()), await read(packed, CHAT, (b"content-encoding", b"gzip"))
    assert plain.body_hash == zipped.body_hash
    assert zipped.content == packed
    assert zipped.request == plain.request


async def test_another_path_or_body_has_another_hash() -> None:
    asked = [await read(chat()), await read(chat(), "/v1/x/chat/completions"), await read(chat([user("hello")]))]
    assert len({one.body_hash for one in asked}) == 3


async def test_a_body_that_cannot_be_unpacked_has_the_hash_of_its_bytes() -> None:
    gzipped = (b"content-encoding", b"gzip")
    one, again, other = [await read(body, CHAT, gzipped) for body in (b"broken", b"broken", b"otherwise")]
    assert (one.content, one.request) == (b"broken", None)
    assert one.body_hash == again.body_hash != other.body_hash


async def test_what_was_read_of_a_history_is_not_read_again() -> None:
    by = reader()
    talk = [user("hi")]
    await read(chat(talk), by=by)
    asked = await read(chat([*talk, {"role": "assistant", "content": "hello"}, user("bye")]), by=by)
    assert asked.chained is not None
    assert [linked.message.text for linked in asked.chained.links] == ["hello", "bye"]


async def test_a_request_that_is_not_recorded_is_forgotten() -> None:
    by = reader()
    talk = [user("hi")]
    by.forget(await read(chat(talk), by=by))
    asked = await read(chat([*talk, {"role": "assistant", "content": "hello"}, user("bye")]), by=by)
    assert asked.chained is not None
    assert [linked.message.text for linked in asked.chained.links] == ["hi", "hello", "bye"]


async def test_the_lists_on_the_way_to_it_are_forgotten_too() -> None:
    by = reader()
    answer = {"role": "assistant", "content": "hello"}
    by.forget(await read(chat([user("hi"), answer, user("how are you?"), answer, user("bye")]), by=by))
    assert len(by.memo.prefixes) == 0


async def test_of_a_request_that_was_not_read_there_is_nothing_to_forget() -> None:
    by = reader()
    await read(chat(), by=by)
    by.forget(await read(b"no json", by=by))
    assert len(by.memo.prefixes) == 1


# Usage that is asked for


async def test_usage_is_asked_for_in_a_stream() -> None:
    asked = with_usage(await read(chat(stream=True)))
    assert asked.adds_usage
    assert json.loads(await content(asked)) == json.loads(chat(stream=True, stream_options={"include_usage": True}))


@pytest.mark.parametrize(
    "body",
    [
        chat(),
        chat(stream=True, stream_options={"include_usage": True}),
        chat(stream=True, stream_options={"include_usage": False}),
        b"no json",
    ],
)
async def test_a_request_that_needs_or_wants_no_usage_stays_as_it_came(body: bytes) -> None:
    asked = with_usage(await read(body))
    assert (asked.content, asked.adds_usage) == (body, False)


async def test_a_request_is_known_to_have_come_packed() -> None:
    body = chat(stream=True)
    packed = gzip.compress(body)
    asked = await read(packed, CHAT, (b"content-encoding", b"gzip"))
    assert (asked.content, asked.packed) == (packed, True)
    assert not (await read(body)).packed


async def test_what_is_not_parsed_is_not_asked_for_usage() -> None:
    asked = await read(chat(stream=True), "/v1/embeddings")
    assert with_usage(asked) is asked


def test_a_changed_body_has_its_own_length_and_a_reply_that_can_be_read() -> None:
    headers: Headers = [(b"content-length", b"1"), (b"accept-encoding", b"br"), (b"accept", b"*/*")]
    assert changed(headers, b"four") == [
        (b"accept", b"*/*"),
        (b"content-length", b"4"),
        (b"accept-encoding", b"identity"),
    ]


# Replies that are held upstream


async def local(owner: bytes, handle: str) -> str:
    """Know one reply of a provider that exists, one of a provider that is gone."""
    return {"resp_1": next(iter(PROVIDERS)), "resp_2": "gone"}.get(handle, "")


@pytest.mark.parametrize(
    ("path", "method", "fetches"), [("", "GET", "resp_1"), ("", "DELETE", ""), ("/cancel", "POST", "")]
)
async def test_a_request_for_a_reply_goes_to_where_that_came_from(path: str, method: str, fetches: str) -> None:
    asked = await read(b"", f"/v1/responses/resp_1{path}", method=method, by=reader(find=local))
    assert (asked.provider.name, asked.fetches, asked.dialect is not None) == (
        next(iter(PROVIDERS)),
        fetches,
        bool(fetches),
    )
    assert asked.held_by.handle == fetches


async def test_a_reply_of_a_provider_that_is_gone_is_asked_for_by_default() -> None:
    asked = await read(b"", "/v1/responses/resp_2", method="GET", by=reader(find=local))
    assert asked.provider.name == (await read(b"", "/v1/models", method="GET")).provider.name


async def test_a_request_says_which_reply_it_follows() -> None:
    body = json.dumps({"model": "m", "input": "hi", "previous_response_id": "resp_1"}).encode()
    assert (await read(body, "/v1/responses")).held_by == HeldBy("resp_1")
