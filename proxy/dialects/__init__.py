"""The wire formats that are recorded: one module and one line here for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from proxy.dialects import anthropic_rewrite, chat_rewrite, responses_rewrite
from proxy.dialects.anthropic import Anthropic
from proxy.dialects.chat import Chat
from proxy.dialects.completions import Completions
from proxy.dialects.dialect import Assembler, Dialect, Holding, Unparsed
from proxy.dialects.embeddings import Embeddings
from proxy.dialects.responses import Responses
from proxy.messages import Request
from proxy.plans import Plan

_ALL: tuple[Dialect, ...] = (Chat(), Completions(), Embeddings(), Responses(), Anthropic())
"""Where one's path ends another's, the longer one stands first."""

DIALECTS: Mapping[str, Dialect] = MappingProxyType({dialect.name: dialect for dialect in _ALL})
HOLDING: tuple[Holding, ...] = (Responses(),)


Rewrite = Callable[[bytes, Request, Plan], bytes]
"""The body that a plan asks for; the body that it is given where there is nothing to do, or nothing that can be."""

REWRITES: Mapping[str, Rewrite] = MappingProxyType(
    {
        "anthropic": anthropic_rewrite.rewrite,
        "chat": chat_rewrite.rewrite,
        "responses": responses_rewrite.rewrite,
    }
)


def rewriting(dialect: Dialect) -> Rewrite | None:
    """How a dialect's requests are made shorter, where they can be."""
    return REWRITES.get(dialect.name)


class Handle(NamedTuple):
    """A reply that an upstream holds, named by a path. ``dialect`` reads it where the path is that of all of it."""

    name: str = ""
    dialect: Dialect | None = None


NO_HANDLE = Handle()


def dialect_at(path: str) -> Dialect | None:
    """The dialect spoken at a path, or ``None`` where traffic is only passed through."""
    if "/threads/" in path:  # the messages of OpenAI's threads are no conversation that is sent
        return None
    for dialect in _ALL:
        if path.endswith(dialect.path):
            return dialect
    return None


def handle_at(path: str) -> Handle:
    """The reply that a path names."""
    for dialect in HOLDING:
        name, whole = dialect.held_at(path)
        if name:
            return Handle(name, dialect if whole else None)
    return NO_HANDLE


__all__ = [
    "DIALECTS",
    "NO_HANDLE",
    "Assembler",
    "Dialect",
    "Handle",
    "Rewrite",
    "Unparsed",
    "dialect_at",
    "handle_at",
    "rewriting",
]
