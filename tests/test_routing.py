"""What a path and a model mean, and that nothing leaves the base path."""

from __future__ import annotations

import pytest

from proxy.errors import BadRequest, NotFound
from proxy.routing import Candidate, Route, choose_provider, endpoint, split_path, upstream_url

KNOWN = ("openai", "local")


@pytest.mark.parametrize(
    ("raw", "route"),
    [
        (b"/v1/chat/completions", Route(None, None, "/chat/completions")),
        (b"/v1", Route(None, None, "")),
        (b"/v1/", Route(None, None, "")),
        (b"/local/v1/models", Route("local", None, "/models")),
        (b"/s/monday/v1/models", Route(None, "monday", "/models")),
        (b"/s/my%20notes%2Fcaf%C3%A9/v1/models", Route(None, "my notes/café", "/models")),
        (b"/s/v1/v1/models", Route(None, "v1", "/models")),
        (b"/local/s/monday/v1/models", Route("local", "monday", "/models")),
        (b"/v1/models/meta%2Fllama-3.1", Route(None, None, "/models/meta%2Fllama-3.1")),
        (b"/v1/files/caf\xc3\xa9#1", Route(None, None, "/files/caf%C3%A9%231")),
        (b"/v1/models?limit=2&after=a%2Fb", Route(None, None, "/models", "limit=2&after=a%2Fb")),
        (b"/v1/models?", Route(None, None, "/models")),
        (b"/v1/models?a=?#b", Route(None, None, "/models", "a=?%23b")),
        (b"/v1/files/..hidden/...", Route(None, None, "/files/..hidden/...")),
        (
            b"/openai/deployments/my%20gpt/chat/completions?api-version=1",
            Route(None, None, "/openai/deployments/my%20gpt/chat/completions", "api-version=1", "my gpt"),
        ),
        (b"/local/openai/deployments/g/embeddings", Route("local", None, "/openai/deployments/g/embeddings", "", "g")),
        (b"/local/s/mon/openai/responses", Route("local", "mon", "/openai/responses")),
        (b"/s/mon/openai/v1/models", Route(None, "mon", "/openai/v1/models")),
        (b"/local/openai/deployments/g", Route("local", None, "/openai/deployments/g")),
        (b"/openai/v1/models", Route("openai", None, "/models")),
    ],
)
def test_a_path_is_read(raw: bytes, route: Route) -> None:
    assert split_path(raw, KNOWN) == route


@pytest.mark.parametrize(
    "raw",
    [
        b"/v1/chat/completions/",
        b"/v1//chat/completions",
        b"//v1/chat//completions//",
        b"/v1/v1/chat/completions",
        b"/v1/v1/v1/chat/completions",
    ],
)
def test_a_clumsy_base_url_still_finds_chat_completions(raw: bytes) -> None:
    path = split_path(raw, KNOWN).path
    assert path == "/chat/completions"
    assert endpoint(path) == "chat/completions"


@pytest.mark.parametrize("path", ["chat/completions", "//chat//completions/", "/chat%2Fcompletions"])
def test_an_endpoint_has_one_name(path: str) -> None:
    assert endpoint(path) == "chat/completions"


DOTS = [
    b"..",
    b".",
    b"%2e%2e",
    b"%2E%2e",
    b".%2e",
    b"%2e.",
    b"..;",
    b"..;x=1",
    b"%2e%2e%3b",
    b"%252e%252e",
    b"%25252e%25252e",
    b"..\\x",
    b"..%5cx",
    b"x\\..",
    b"x%2f..",
    b"x%2F%2e%2e%2Fy",
    b"..%00",
    b"..%09",
    b".%0d.",
    b"..%20",
    b"%c0%ae%c0%ae",
    b"..%c0%afx",
    b"%ef%bc%8e%ef%bc%8e",
    b"\xe2\x80\xa5",
    b"%25" * 3 + b"25" * 20 + b"2e%2e",
]


@pytest.mark.parametrize("dots", DOTS)
@pytest.mark.parametrize(
    "place", [b"/v1/%s/admin", b"/v1/files/%s", b"/local/v1/%s/x", b"/s/%s/v1/models", b"/%s/v1/models"]
)
def test_a_dot_segment_is_refused_in_any_spelling(dots: bytes, place: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        split_path(place % dots, KNOWN)
    assert caught.value.code == "bad_path"


@pytest.mark.parametrize("dots", DOTS)
def test_the_upstream_url_refuses_dot_segments_by_itself(dots: bytes) -> None:
    with pytest.raises(BadRequest):
        upstream_url("https://api.example/v1", "/" + dots.decode("utf-8"), "")


def test_a_path_encoded_without_end_is_refused_at_once() -> None:
    with pytest.raises(BadRequest, match="8 times"):
        split_path(b"/v1/%" + b"25" * 30_000 + b"2e", KNOWN)


def test_azures_paths_need_no_provider() -> None:
    assert split_path(b"/openai/v1/models", ("local",)) == Route(None, None, "/openai/v1/models")
    assert split_path(b"/openai/models", ()) == Route(None, None, "/openai/models")


@pytest.mark.parametrize("end", ["/openai/v1", "/openai/v1/", "/openai", "/v1", ""])
def test_azures_paths_stand_beside_what_a_base_url_ends_with(end: str) -> None:
    url = upstream_url(f"https://a.example{end}", "/openai/deployments/g/embeddings", "api-version=1")
    assert url == "https://a.example/openai/deployments/g/embeddings?api-version=1"


@pytest.mark.parametrize(
    "raw", [b"/nope/openai/models", b"/nope/v1/models", b"/nope/s/monday/v1/models", b"//evil.example/v1/models"]
)
def test_an_unknown_provider_is_told_the_known_ones(raw: bytes) -> None:
    with pytest.raises(NotFound, match="local, openai") as caught:
        split_path(raw, KNOWN)
    assert caught.value.code == "unknown_provider"


def test_with_no_provider_configured_the_error_says_so() -> None:
    with pytest.raises(NotFound, match="none is configured"):
        split_path(b"/nope/v1/models", ())


@pytest.mark.parametrize(
    "raw",
    [
        b"/",
        b"",
        b"/chat/completions",
        b"/local",
        b"/local/chat/completions",
        b"/s/monday",
        b"/s/monday/models",
        b"/s/v1",
    ],
)
def test_another_path_is_told_how_a_base_url_looks(raw: bytes) -> None:
    with pytest.raises(NotFound, match="http://HOST:PORT/v1") as caught:
        split_path(raw, KNOWN)
    assert caught.value.code == "unknown_path"


LOCAL = Candidate("local", models=("llama*", "qwen*"))
SECOND = Candidate("second", models=("qwen3-*",), default=True)


@pytest.mark.parametrize(
    ("by_path", "model", "chosen"),
    [
        ("second", "llama-3", "second"),
        (None, "llama-3", "local"),
        (None, "qwen3-4b", "local"),
        (None, "Llama-3", "second"),
        (None, "gpt-4o", "second"),
        (None, "", "second"),
        (None, None, "second"),
    ],
)
def test_path_wins_over_model_over_default(by_path: str | None, model: str | None, chosen: str) -> None:
    assert choose_provider(by_path, model, (LOCAL, SECOND)) == chosen


def test_what_one_family_alone_speaks_goes_to_those_who_speak_it() -> None:
    speaker = Candidate("speaker", models=("x-*",), family="f")
    assert choose_provider(None, "gpt-4o", (SECOND, speaker), ("f", "home")) == "speaker"
    assert choose_provider(None, "llama-3", (LOCAL, SECOND, speaker), ("f", "home")) == "local"
    assert choose_provider(None, "gpt-4o", (LOCAL, SECOND), ("f", "home")) == "second"
    assert choose_provider(None, "gpt-4o", (LOCAL,), ("f", "home")) == "home"
    assert choose_provider(None, "gpt-4o", (speaker,)) == "default"


def test_without_any_match_the_settings_upstream_serves() -> None:
    assert choose_provider(None, "gpt-4o", (LOCAL,)) == "default"


@pytest.mark.parametrize(
    ("base", "path", "query", "url"),
    [
        ("https://api.example/v1", "/models", "", "https://api.example/v1/models"),
        ("https://api.example/v1/", "models", "a=1", "https://api.example/v1/models?a=1"),
        ("https://api.example", "", "", "https://api.example"),
        ("https://api.example/v1", "", "a=#b", "https://api.example/v1?a=%23b"),
        ("https://api.example/v1", "/models/a%2Fb", "q=%20", "https://api.example/v1/models/a%2Fb?q=%20"),
        ("https://api.example/v1", "//evil.example/x", "", "https://api.example/v1/evil.example/x"),
        ("https://api.example/v1", "/a?b#c", "", "https://api.example/v1/a%3Fb%23c"),
        ("https://api.example/v1", "@evil.example", "", "https://api.example/v1/@evil.example"),
    ],
)
def test_the_upstream_url_stays_under_its_base(base: str, path: str, query: str, url: str) -> None:
    assert upstream_url(base, path, query) == url
