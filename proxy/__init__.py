"""Steno: a recording proxy for OpenAI-compatible APIs.

What a program tracks its own conversations with is here by name; it is loaded when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proxy.sessions.faults import (
        InvalidSessionOperation,
        SessionAlreadyExists,
        SessionManagerError,
        SessionNotFound,
        StorageError,
        TokenLimitExceeded,
    )
    from proxy.sessions.quick import (
        quick_conversation,
        track_conversation,
        track_infinite_conversation,
        track_llm_call,
    )
    from proxy.sessions.tracking import SessionManager

__all__ = [
    "InvalidSessionOperation",
    "SessionAlreadyExists",
    "SessionManager",
    "SessionManagerError",
    "SessionNotFound",
    "StorageError",
    "TokenLimitExceeded",
    "quick_conversation",
    "track_conversation",
    "track_infinite_conversation",
    "track_llm_call",
]

_ROOMS = ("proxy.sessions.faults", "proxy.sessions.tracking", "proxy.sessions.quick")


def __getattr__(name: str) -> object:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    room = next(room for room in map(import_module, _ROOMS) if hasattr(room, name))
    return getattr(room, name)
