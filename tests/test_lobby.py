"""Which requests end here, and which go on."""

from __future__ import annotations

import pytest

from proxy.lobby import is_own


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/", "GET"),
        ("/", "HEAD"),
        ("/readyz", "GET"),
        ("/api/sessions", "DELETE"),
        ("/replay/one/v1/x", "POST"),
        ("/sessions/1", "GET"),
        ("/login", "POST"),
        ("/static/page.css", "GET"),
    ],
)
def test_what_steno_answers_itself(path: str, method: str) -> None:
    assert is_own(path, method)


@pytest.mark.parametrize(
    ("path", "method"), [("/v1/chat/completions", "POST"), ("/", "POST"), ("/healthz", "POST"), ("/apis", "GET")]
)
def test_what_goes_on(path: str, method: str) -> None:
    assert not is_own(path, method)
