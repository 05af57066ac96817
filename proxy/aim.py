"""A request as it goes to one provider: there, under the model's name there, with the headers that it may see.

Each provider's is made from what the client sent, never from what went to another.
"""

from __future__ import annotations

from urllib.parse import unquote_plus

import msgspec
from msgspec.structs import replace

from proxy.asked import Asked, changed, with_usage
from proxy.drafts import blob_hash
from proxy.headers import OF_THE_HOP, SECRETS, Headers, through, value_of, with_length, without
from proxy.identity import stays_here
from proxy.inbox import decoded
from proxy.model_map import mapped, renamed
from proxy.providers import Provider
from proxy.upstream import Outgoing

SECRET_PARAMETERS = frozenset({"key", "api_key", "api-key", "apikey", "access_token", "token"})
ENCODED = frozenset({b"content-encoding"})


class Aim(msgspec.Struct, frozen=True):
    """A request for one provider; ``model`` is its model's name there, where the map changed it."""

    provider: Provider
    outgoing: Outgoing
    model: str = ""
    adds_usage: bool = False
    hash: bytes = b""
    """That of the body, where it isn't the client's own."""


def aimed(asked: Asked, provider: Provider, method: str, headers: Headers, limit: int) -> Aim:
    """The request for a provider; ``headers`` are the client's, ``limit`` is how long a body may get unpacked."""
    sent = [pair for pair in through(headers, OF_THE_HOP) if not stays_here(pair[0])]
    query = asked.route.query
    if provider is not asked.provider and not provider.may_see(asked.provider):
        sent, query = without(sent, SECRETS), public(query)
    if asked.compacted:
        sent = with_length(without(sent, ENCODED), len(asked.content) if isinstance(asked.content, bytes) else 0)
    model = mapped(asked.request.model, provider.model_map) if provider.model_map and asked.request else ""
    if model:
        asked, sent = _renamed(asked, sent, model, limit)
    if provider.ask_usage and not asked.packed:
        asked = with_usage(asked)
        sent = changed(sent, asked.content) if asked.adds_usage else sent
    url = provider.url(asked.route.path, query)
    outgoing = Outgoing(provider.name, method, url, provider.dressed(sent), asked.content)
    return Aim(provider, outgoing, model, asked.adds_usage, _hash(asked, renamed=bool(model)))


def _hash(asked: Asked, *, renamed: bool) -> bytes:
    is_changed = asked.compacted or renamed or asked.adds_usage
    return blob_hash(asked.content) if is_changed and isinstance(asked.content, bytes) else b""


def _renamed(asked: Asked, headers: Headers, model: str, limit: int) -> tuple[Asked, list[tuple[bytes, bytes]]]:
    """The request under another model's name; a body that came compressed goes on as it is underneath."""
    plain = asked.content if isinstance(asked.content, bytes) else b""
    if asked.packed:
        plain = decoded(plain, value_of(headers, b"content-encoding").decode("latin-1"), limit) or b""
        headers = without(headers, ENCODED)
    content = renamed(plain, model) or plain
    return replace(asked, content=content, packed=False), with_length(headers, len(content))


def public(query: str) -> str:
    """A query string less the keys in it."""
    pairs = query.split("&")
    return "&".join(pair for pair in pairs if unquote_plus(pair.partition("=")[0]).lower() not in SECRET_PARAMETERS)
