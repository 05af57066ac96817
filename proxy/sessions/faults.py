"""What can go wrong for a program that tracks its own conversations.

SessionManagerError
├── SessionNotFound          no session of that id or name
├── SessionAlreadyExists     a session of that id or name
├── InvalidSessionOperation  what can't be done, or not with such a value
├── TokenLimitExceeded       more tokens than there may be
└── StorageError             the store can't do it
"""

from __future__ import annotations

from proxy.errors import StenoError


class SessionManagerError(StenoError):
    """The root: ``str(error)`` is a sentence."""


class SessionNotFound(SessionManagerError):
    def __init__(self, session_id: str | None = None, message: str | None = None) -> None:
        super().__init__(message or f"There is no session {session_id!r} in the store.")
        self.session_id = session_id


class SessionAlreadyExists(SessionManagerError):
    def __init__(self, session_id: str | None = None, message: str | None = None) -> None:
        super().__init__(message or f"There is a session {session_id!r} in the store already.")
        self.session_id = session_id


class InvalidSessionOperation(SessionManagerError):
    def __init__(self, operation: str | None = None, reason: str | None = None, message: str | None = None) -> None:
        about = ": ".join(filter(None, (operation, reason)))
        super().__init__(message or f"This can't be done with a session ({about}).")
        self.operation = operation
        self.reason = reason


class TokenLimitExceeded(SessionManagerError):
    def __init__(self, limit: int | None = None, actual: int | None = None, message: str | None = None) -> None:
        super().__init__(message or f"There may be {limit} tokens, but there are {actual}.")
        self.limit = limit
        self.actual = actual


class StorageError(SessionManagerError):
    """The store's own sentence says which."""
