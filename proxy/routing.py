"""Where a request goes: its path and its model name a provider and an upstream path.

Knows URLs as text; nothing of HTTP, of settings or of bodies. No spelling of a dot segment gets past this module, so
that what is forwarded never leaves the provider's base path.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from string import punctuation
from typing import Final
from urllib.parse import quote, unquote, unquote_to_bytes

from proxy.errors import BadRequest, NotFound

DEFAULT: Final = "default"
"""The provider that stands where no other is meant: the upstream of the settings."""

# Overlong UTF-8 that careless servers read as a dot, a slash, a backslash.
_OVERLONG: Final = ((b"\xc0\xae", b"."), (b"\xe0\x80\xae", b"."), (b"\xc0\xaf", b"/"), (b"\xc1\x9c", b"\\"))
_DECODINGS: Final = 8
_AZURE: Final = "openai"
# A raw "#" would cut the URL short on its way out; everything else that is printable stays as it came.
_KEPT: Final = punctuation.replace("#", "")


@dataclass(frozen=True, slots=True)
class Route:
    """A request's target, read. ``path`` is what follows ``/v1``, normalised: ``/chat/completions``, or empty.

    What begins with ``/openai``, as Azure's paths do, is a path as it is; it may name the ``model``.
    """

    provider: str | None
    session: str | None
    path: str
    query: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A provider, as far as choosing needs it."""

    name: str
    models: tuple[str, ...] = ()
    default: bool = False
    family: str = ""


Names = frozenset[str] | tuple[str, ...]

SHORT = 1024
"""Only targets of up to so many characters are remembered."""


def split_path(raw_path: bytes, providers: Names) -> Route:
    """Read the raw target of a request, with or without ``?query``; ``providers`` are the known names."""
    return _split(raw_path, providers) if len(raw_path) <= SHORT else _split.__wrapped__(raw_path, providers)


@lru_cache(maxsize=4096)
def _split(raw_path: bytes, providers: Names) -> Route:
    raw, _, query = raw_path.partition(b"?")
    _refuse_dots(raw)
    segments = [segment for segment in quote(raw, safe=_KEPT).split("/") if segment]
    named = _take_provider(segments, providers)
    session = _take_session(segments)
    if segments[:1] not in (["v1"], [_AZURE]):
        raise _unknown_path(raw)
    while segments[:1] == ["v1"]:
        del segments[0]
    path = "".join(f"/{segment}" for segment in segments)
    return Route(named, session, path, quote(query, safe=_KEPT), _deployment(segments))


def _deployment(segments: Sequence[str]) -> str:
    """The model that a path of Azure's names: ``/openai/deployments/NAME/chat/completions``."""
    match segments:
        case ["openai", "deployments", name, _, *_]:
            return unquote(name)
        case _:
            return ""


def endpoint(path: str) -> str:
    """The name of what is called, such as ``chat/completions``."""
    return "/".join(segment for segment in unquote(path).split("/") if segment)


def choose_provider(
    route_provider: str | None,
    model: str | None,
    providers: Sequence[Candidate],
    spoken: tuple[str, str] = ("", DEFAULT),
) -> str:
    """The provider's name: by path, by the first glob that fits the model, by what it speaks, by default.

    ``spoken`` are the family that alone speaks at the path, if any, and the provider that takes what no other does.
    """
    if route_provider is not None:
        return route_provider
    if model:
        for provider in providers:
            if any(fnmatchcase(model, glob) for glob in provider.models):
                return provider.name
    family, otherwise = spoken
    defaults = [provider for provider in providers if provider.default]
    speakers = [provider for provider in (*defaults, *providers) if family and provider.family == family]
    return next((provider.name for provider in (*speakers, *defaults)), otherwise)


def upstream_url(base_url: str, path: str, query: str) -> str:
    """Join them so that the result stays under ``base_url``; ``path`` and ``query`` keep their percent-encoding.

    A path that begins with ``/openai`` stands where the ``/openai/v1``, ``/openai`` or ``/v1`` of ``base_url`` does.
    """
    join = _joined if len(path) + len(query) <= SHORT else _joined.__wrapped__
    return join(base_url, path, query)


@lru_cache(maxsize=4096)
def _joined(base_url: str, path: str, query: str) -> str:
    _refuse_dots(path.encode())
    if path.startswith(f"/{_AZURE}/"):
        base_url = base_url.rstrip("/").removesuffix("/v1").removesuffix(f"/{_AZURE}")
    tail = quote(path.lstrip("/"), safe=_KEPT.replace("?", ""))
    url = f"{base_url.rstrip('/')}/{tail}" if tail else base_url.rstrip("/")
    return f"{url}?{quote(query, safe=_KEPT)}" if query else url


def _take_provider(segments: list[str], providers: Collection[str]) -> str | None:
    match segments:
        case ["v1" | "s", *_] | ["openai", "deployments", *_]:
            return None
        case ["openai", *_] if _AZURE not in providers:
            return None
        case [name, "v1" | "s" | "openai", *_] if name not in providers:
            known = ", ".join(sorted(providers)) or "none is configured"
            message = f"There is no provider {unquote(name)!r}. Known providers: {known}. Without a name use /v1."
            raise NotFound(message, code="unknown_provider")
        case [name, *_] if name in providers:
            return segments.pop(0)
        case _:
            return None


def _take_session(segments: list[str]) -> str | None:
    match segments:
        case ["s", name, "v1" | "openai", *_]:
            del segments[:2]
            return unquote(name)
        case _:
            return None


def _unknown_path(raw: bytes) -> NotFound:
    message = (
        f"Nothing is served at {raw.decode('latin-1')!r}. A client's base URL ends in /v1: "
        "http://HOST:PORT/v1, /PROVIDER/v1, /s/SESSION/v1 or /PROVIDER/s/SESSION/v1; or in /openai, as Azure's does."
    )
    return NotFound(message, code="unknown_path")


def _refuse_dots(raw: bytes) -> None:
    text = _decoded(raw)
    if "\\" in text or any(_is_dots(segment) for segment in text.split("/")):
        message = "The path holds a dot segment or a backslash. Send the path without them, already resolved."
        raise BadRequest(message, code="bad_path")


def _decoded(raw: bytes) -> str:
    """The path as the most eager of servers would read it."""
    for _ in range(_DECODINGS):
        decoded = unquote_to_bytes(raw)
        if decoded == raw:
            break
        raw = decoded
    else:
        message = f"The path is percent-encoded more than {_DECODINGS} times over. Encode it once."
        raise BadRequest(message, code="bad_path")
    for overlong, plain in _OVERLONG:
        raw = raw.replace(overlong, plain)
    return unicodedata.normalize("NFKC", raw.decode("utf-8", "replace"))


def _is_dots(segment: str) -> bool:
    """Some servers drop path parameters, white space and control characters before they resolve a segment."""
    name = "".join(char for char in segment.partition(";")[0] if char.isprintable() and not char.isspace())
    return name in {".", ".."}
