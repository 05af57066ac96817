"""Which upstream gets a request, and what it gets with it."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.config import Settings
from proxy.providers import Provider, Providers, providers_of

LOCAL = "http://127.0.0.1:11434/v1"


def providers(**named: dict[str, Any]) -> Providers:
    return providers_of(Settings.model_validate({"upstream": {"base_url": LOCAL}, "providers": named}))


def provider(**settings: Any) -> Provider:
    return providers(one={"base_url": "https://one.example/v1", **settings}).choose("one", None)


def test_without_providers_all_goes_to_the_upstream_of_the_settings() -> None:
    found = providers()
    assert found.choose(None, "gpt-4o") == Provider("default", LOCAL)
    assert found.names == frozenset()


@pytest.mark.parametrize(
    ("named", "model", "name"),
    [("fast", "gpt-4o", "fast"), (None, "claude-3", "claude"), (None, "gpt-4o", "fast"), (None, None, "fast")],
)
def test_the_path_wins_over_the_model_and_the_model_over_the_default(
    named: str | None, model: str | None, name: str
) -> None:
    found = providers(
        claude={"base_url": "https://a.example/v1", "models": ["claude-*"]},
        fast={"base_url": "https://b.example/v1", "default": True},
    )
    assert found.choose(named, model).name == name
    assert found.names == {"claude", "fast"}


def test_a_url_is_below_the_base_url() -> None:
    assert provider().url("/models", "limit=2") == "https://one.example/v1/models?limit=2"


def test_the_callers_key_goes_on_where_the_provider_has_none() -> None:
    headers = [(b"authorization", b"Bearer sk-caller"), (b"a", b"1")]
    assert provider().dressed(headers) == headers


def test_a_configured_key_replaces_the_callers() -> None:
    assert provider(api_key="sk-own").dressed([(b"x-api-key", b"sk-caller")]) == [(b"authorization", b"Bearer sk-own")]


def test_fixed_headers_come_in_lower_case_and_replace_the_callers() -> None:
    found = provider(headers={"X-Title": "Steno"})
    assert found.dressed([(b"x-title", b"app"), (b"a", b"1")]) == [(b"a", b"1"), (b"x-title", b"Steno")]


def test_a_fixed_header_beyond_ascii_is_sent_in_the_encoding_of_headers() -> None:
    assert provider(headers={"x-title": "caf\xe9"}).headers == ((b"x-title", b"caf\xe9"),)


def test_a_key_and_fixed_headers_go_together() -> None:
    assert provider(api_key="sk-own", headers={"a": "1"}).dressed([]) == [
        (b"authorization", b"Bearer sk-own"),
        (b"a", b"1"),
    ]


def test_a_provider_may_be_asked_for_usage() -> None:
    assert provider(ask_usage=True).ask_usage


# When it fails


def test_others_are_asked_in_their_order_when_one_fails() -> None:
    found = providers(
        a={"base_url": "https://a.example", "fallback": ["c", "default"]},
        b={"base_url": "https://b.example"},
        c={"base_url": "https://c.example"},
    )
    assert [one.name for one in found.after(found.choose("a", None))] == ["c", "default"]
    assert found.after(found.choose("b", None)) == []


def test_a_model_map_is_kept_in_its_order() -> None:
    assert provider(model_map={"z": "1", "a*": "2"}).model_map == (("z", "1"), ("a*", "2"))


@pytest.mark.parametrize(
    ("base_url", "sees"),
    [
        ("https://one.example/other", True),
        ("https://ONE.example:443/v1", True),
        ("http://one.example/v1", False),
        ("https://one.example:8443/v1", False),
        ("https://one.example.org/v1", False),
        ("http://127.0.0.1/v1", False),
    ],
)
def test_a_callers_key_goes_from_one_provider_to_another_on_the_same_host_only(base_url: str, sees: bool) -> None:
    assert Provider("other", base_url).may_see(provider()) == sees


def test_a_callers_key_that_stayed_here_goes_nowhere_else() -> None:
    assert not Provider("other", "https://one.example/v1").may_see(provider(api_key="sk-own"))


def test_plain_http_has_its_port_too() -> None:
    assert Provider("a", "http://h:80/v1").may_see(Provider("b", "http://h/v1"))


def at_messages(model: str | None = "claude-x", upstream: dict[str, Any] | None = None, **named: dict[str, Any]) -> str:
    settings = Settings.model_validate({"upstream": upstream or {}, "providers": named})
    return providers_of(settings).choose(None, model, "/messages").name


def test_anthropics_messages_go_to_anthropic_with_no_settings() -> None:
    found = providers_of(Settings()).choose(None, "claude-x", "/messages/count_tokens")
    assert found.url("/messages", "beta=true") == "https://api.anthropic.com/v1/messages?beta=true"
    assert providers_of(Settings()).names == {"anthropic"}
    assert providers_of(Settings()).choose(None, "claude-x", "/chat/completions").name == "default"


def test_an_upstream_that_was_chosen_takes_anthropics_messages_too() -> None:
    assert at_messages(upstream={"base_url": LOCAL}) == "default"


def test_a_provider_that_speaks_anthropics_dialect_takes_its_messages_before_the_default_one() -> None:
    plain = {"base_url": "https://a.example", "default": True}
    speaks = {"base_url": "https://b.example", "dialect": "anthropic"}
    assert at_messages(plain=plain) == "plain"
    assert at_messages(plain=plain, speaks=speaks) == "speaks"
    assert at_messages(first=speaks, second={**speaks, "default": True}) == "second"
    assert at_messages(speaks=speaks, mine={"base_url": LOCAL, "models": ["claude-*"]}) == "mine"


def test_a_provider_named_anthropic_stands_for_the_one_that_is_known() -> None:
    assert at_messages(anthropic={"base_url": "https://mine.example", "dialect": "anthropic"}) == "anthropic"
    found = Settings.model_validate({"providers": {"anthropic": {"base_url": "https://mine.example/v1"}}})
    assert providers_of(found).choose("anthropic", None).base_url == "https://mine.example/v1"


def test_anthropics_dialect_has_its_own_header_for_the_key_and_its_version_in_the_url() -> None:
    found = provider(base_url="https://a.example", dialect="anthropic", api_key="sk-own")
    assert found.dressed([(b"Authorization", b"Bearer sk-caller")]) == [(b"x-api-key", b"sk-own")]
    assert found.url("/messages", "") == "https://a.example/v1/messages"
