"""What a request looks like at each of the providers that it may go to."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from msgspec.structs import replace

from proxy.aim import Aim, aimed, public
from proxy.drafts import blob_hash
from proxy.headers import Headers
from proxy.providers import Provider
from tests.forwardings import BODY, LIMIT, asked_of

ONE = Provider("one", "https://one.example/v1")
MAP = (("gpt-4o", "llama3.1:70b"),)
MAPPED = BODY.replace(b"gpt-4o", b"llama3.1:70b")
STREAM = json.dumps({"model": "gpt-4o", "stream": True, "messages": []}).encode()


def aim(provider: Provider = ONE, headers: Headers = (), body: bytes = BODY, **fields: Any) -> Aim:
    return aimed(asked_of(ONE, body, **fields), provider, "POST", headers, LIMIT)


def test_a_request_goes_as_it_came_less_what_ends_here() -> None:
    headers = [(b"host", b"here"), (b"authorization", b"Bearer sk"), (b"x-session-title", b"t"), (b"a", b"1")]
    found = aim(headers=headers)
    assert found.outgoing.headers == [(b"authorization", b"Bearer sk"), (b"a", b"1")]
    assert found.outgoing.content is BODY
    assert (found.outgoing.provider, found.outgoing.method) == ("one", "POST")
    assert found.outgoing.url == "https://one.example/v1/chat/completions"
    assert (found.model, found.adds_usage) == ("", False)


def test_a_mapped_model_is_renamed_in_the_body_and_its_length_told() -> None:
    provider = Provider("two", "https://one.example/v2", model_map=MAP)
    found = aim(provider, [(b"content-length", b"%d" % len(BODY)), (b"accept-encoding", b"br")])
    assert (found.outgoing.content, found.model) == (MAPPED, "llama3.1:70b")
    assert found.outgoing.headers == [(b"content-length", b"%d" % len(MAPPED)), (b"accept-encoding", b"br")]


def test_a_model_that_no_map_names_stays() -> None:
    found = aim(Provider("two", "https://one.example/v2", model_map=(("other", "x"),)))
    assert (found.outgoing.content, found.model) == (BODY, "")


def test_a_packed_body_goes_unpacked_where_its_model_is_renamed() -> None:
    packed = gzip.compress(BODY)
    asked = replace(asked_of(ONE, packed=True), content=packed)
    headers = [(b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(packed))]
    provider = Provider("one", ONE.base_url, model_map=MAP)
    found = aimed(asked, provider, "POST", headers, LIMIT)
    assert found.outgoing.content == MAPPED
    assert found.outgoing.headers == [(b"content-length", b"%d" % len(MAPPED))]


@pytest.mark.parametrize("model_map", [(), MAP])
def test_usage_is_asked_for_where_the_provider_says_so(model_map: tuple[tuple[str, str], ...]) -> None:
    provider = Provider("two", "https://one.example/v2", ask_usage=True, model_map=model_map)
    found = aim(provider, [(b"content-length", b"1"), (b"accept-encoding", b"br")], STREAM)
    content = found.outgoing.content
    assert isinstance(content, bytes)
    model = "llama3.1:70b" if model_map else "gpt-4o"
    wanted = {"stream_options": {"include_usage": True}, "model": model, "stream": True, "messages": []}
    assert (json.loads(content), found.adds_usage) == (wanted, True)
    length = (b"content-length", b"%d" % len(content))
    assert found.outgoing.headers == [length, (b"accept-encoding", b"identity")]


def test_a_packed_body_is_not_asked_for_usage() -> None:
    found = aim(Provider("two", "https://one.example/v2", ask_usage=True), (), STREAM, packed=True)
    assert (found.outgoing.content, found.adds_usage) == (STREAM, False)


def test_a_request_that_needs_no_usage_keeps_its_headers() -> None:
    found = aim(Provider("two", "https://one.example/v2", ask_usage=True), [(b"accept-encoding", b"br")])
    assert (found.outgoing.headers, found.adds_usage) == ([(b"accept-encoding", b"br")], False)


def test_only_a_body_that_was_changed_has_a_hash_of_its_own() -> None:
    assert aim().hash == b""
    assert aim(Provider("two", "https://one.example/v2", model_map=MAP)).hash == blob_hash(MAPPED)
    asking = aim(Provider("two", "https://one.example/v2", ask_usage=True), (), STREAM)
    assert isinstance(asking.outgoing.content, bytes)
    assert asking.hash == blob_hash(asking.outgoing.content)


def test_another_provider_on_the_same_host_gets_the_callers_key() -> None:
    headers = [(b"authorization", b"Bearer sk")]
    assert aim(Provider("two", "https://one.example/v2"), headers).outgoing.headers == headers


def test_one_on_another_host_gets_no_secret_of_the_caller() -> None:
    secrets = [(b"authorization", b"a"), (b"api-key", b"b"), (b"x-api-key", b"c"), (b"x-goog-api-key", b"d")]
    found = aim(Provider("two", "https://two.example/v1", "sk-two"), [*secrets, (b"cookie", b"e"), (b"a", b"1")])
    assert found.outgoing.headers == [(b"a", b"1"), (b"authorization", b"Bearer sk-two")]


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("", ""),
        ("beta=true", "beta=true"),
        ("key=sk&beta=true", "beta=true"),
        ("a=1&API_KEY=sk&b=%26", "a=1&b=%26"),
        ("k%65y=sk", ""),
        ("keys=1", "keys=1"),
    ],
)
def test_a_key_in_a_query_string_is_taken_out(query: str, left: str) -> None:
    assert public(query) == left
