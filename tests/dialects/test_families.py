"""What a provider speaks as a whole."""

from __future__ import annotations

import pytest

from proxy.dialects.families import ANTHROPIC, FAMILIES, OPENAI, family_at


@pytest.mark.parametrize("path", ["/messages", "/messages/count_tokens", "/messages/batches/b/results", "/complete"])
def test_what_only_anthropic_speaks_is_known_by_its_path(path: str) -> None:
    assert family_at(path) is ANTHROPIC


@pytest.mark.parametrize("path", ["", "/models", "/chat/completions", "/threads/t/messages", "/messages-of-mine"])
def test_all_other_paths_are_openais(path: str) -> None:
    assert family_at(path) is OPENAI


def test_each_family_has_its_own_header_for_a_key() -> None:
    assert FAMILIES["openai"].key("sk-1") == (b"authorization", b"Bearer sk-1")
    assert FAMILIES["anthropic"].key("sk-1") == (b"x-api-key", b"sk-1")


def test_a_base_url_may_come_with_its_version_or_without() -> None:
    assert ANTHROPIC.base("https://a.example/") == "https://a.example/v1"
    assert ANTHROPIC.base("https://a.example/v1/") == "https://a.example/v1/"
    assert OPENAI.base("https://a.example") == "https://a.example"
