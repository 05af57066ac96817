"""Steno's own errors: their status, and the shape in which OpenAI's clients expect them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.errors import (
    BadRequest,
    BodyTooLarge,
    HttpError,
    NotFound,
    SettingsError,
    StenoError,
    StoreUnavailable,
    Unauthorized,
    UpgradeRefused,
    UpstreamSilent,
    UpstreamUnreachable,
)


def shown(error: HttpError) -> dict[str, Any]:
    body: dict[str, dict[str, Any]] = json.loads(error.body())
    assert body.keys() == {"error"}
    return body["error"]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (BadRequest, 400, "bad_request"),
        (Unauthorized, 401, "key_required"),
        (NotFound, 404, "not_found"),
        (BodyTooLarge, 413, "body_too_large"),
        (UpgradeRefused, 426, "websocket_unsupported"),
        (UpstreamUnreachable, 502, "upstream_unreachable"),
        (StoreUnavailable, 503, "store_unavailable"),
        (UpstreamSilent, 504, "upstream_timeout"),
    ],
)
def test_each_error_has_its_status_and_a_code(kind: type[HttpError], status: int, code: str) -> None:
    error = kind("Do this.")
    assert (error.status, error.code, str(error)) == (status, code, "Do this.")


def test_an_error_has_openais_shape() -> None:
    assert shown(BadRequest("Do this.", code="bad_header", param="x-session-id")) == {
        "message": "Do this.",
        "type": "invalid_request_error",
        "param": "x-session-id",
        "code": "bad_header",
    }


def test_an_error_that_no_field_caused_says_so() -> None:
    assert shown(NotFound("Look there."))["param"] is None


def test_text_that_no_encoding_takes_does_not_break_an_error() -> None:
    assert shown(NotFound("caf\xe9 \ud800"))["message"] == "caf\xe9 \ud800"


def test_bad_settings_are_no_answer_to_a_client() -> None:
    error = SettingsError("steno.toml: server.port must be a number")
    assert isinstance(error, StenoError)
    assert not isinstance(error, HttpError)
