"""Every error that Steno itself makes: an HTTP status, a code, and a sentence which says what to do.

    StenoError
    ├── SettingsError            bad settings: the start is refused
    └── HttpError                answered to a client, in OpenAI's error shape
        ├── BadRequest           400
        ├── Unauthorized         401
        ├── Forbidden            403
        ├── NotFound             404
        ├── MethodNotAllowed     405
        ├── HeadTooSlow          408
        ├── Conflict             409
        ├── BodyTooLarge         413
        ├── UpgradeRefused       426
        ├── HeadTooLong          431
        ├── UpstreamUnreachable  502
        ├── UpstreamSilent       504
        └── StoreUnavailable     503

The upstream's own errors are not in this tree: they are relayed as they came.
"""

from __future__ import annotations

import json
from typing import ClassVar


class StenoError(Exception):
    """The root: ``str(error)`` is a sentence for the person who runs or calls Steno."""


class SettingsError(StenoError):
    """A setting is unknown or has a bad value; the sentence names file, key and what would be valid."""


class HttpError(StenoError):
    """An answer of Steno's own: ``status``, OpenAI's ``type`` and ``code``, and optionally the offending ``param``."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "steno_error"
    default_code: ClassVar[str] = "internal_error"

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code or self.default_code
        self.param = param

    def body(self) -> bytes:
        """The error as OpenAI's clients expect it."""
        error = {"message": str(self), "type": self.type, "param": self.param, "code": self.code}
        return json.dumps({"error": error}).encode()


class BadRequest(HttpError):
    status = 400
    type = "invalid_request_error"
    default_code = "bad_request"


class Unauthorized(HttpError):
    status = 401
    type = "authentication_error"
    default_code = "key_required"


class NotFound(HttpError):
    status = 404
    type = "invalid_request_error"
    default_code = "not_found"


class Forbidden(HttpError):
    status = 403
    type = "permission_error"
    default_code = "forbidden"


class HeadTooSlow(HttpError):
    status = 408
    type = "invalid_request_error"
    default_code = "head_too_slow"


class MethodNotAllowed(HttpError):
    status = 405
    type = "invalid_request_error"
    default_code = "method_not_allowed"


class Conflict(HttpError):
    status = 409
    type = "invalid_request_error"
    default_code = "conflict"


class BodyTooLarge(HttpError):
    status = 413
    type = "invalid_request_error"
    default_code = "body_too_large"


class HeadTooLong(HttpError):
    status = 431
    type = "invalid_request_error"
    default_code = "head_too_long"


class UpgradeRefused(HttpError):
    status = 426
    type = "invalid_request_error"
    default_code = "websocket_unsupported"


class UpstreamUnreachable(HttpError):
    status = 502
    type = "upstream_error"
    default_code = "upstream_unreachable"


class UpstreamSilent(HttpError):
    status = 504
    type = "upstream_error"
    default_code = "upstream_timeout"


class StoreUnavailable(HttpError):
    status = 503
    type = "store_error"
    default_code = "store_unavailable"
