"""``/mcp``: an agent's past, for whoever may see it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from starlette.types import Receive, Scope, Send

from proxy.errors import HttpError, NotFound
from proxy.headers import Headers
from proxy.mcp.past import Past

PATH = "/mcp"

Sees = Callable[[str, Headers, str], bytes | None]
"""The owner whose data a caller may see, None for all, by method, headers and address. Raises ``Unauthorized``."""
Refuse = Callable[[Send, HttpError], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Agents:
    """The ASGI application at ``/mcp``."""

    past: Callable[[bytes | None], Past]
    sees: Sees
    refuse: Refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, if its caller may ask."""
        try:
            owner = self.sees(scope["method"], scope["headers"], (scope.get("client") or ("",))[0])
            toolbox = await asyncio.to_thread(loaded)
        except HttpError as error:
            await self.refuse(send, error)
            return
        await toolbox.serve_request(self.past(owner), scope, receive, send)


def loaded() -> ModuleType:
    """The protocol's package, which takes a moment to load and is there only if it was installed."""
    try:
        return import_module("proxy.mcp.toolbox")
    except ModuleNotFoundError as error:
        message = "The package mcp isn't installed here; `pip install steno-proxy[mcp]` brings it."
        raise NotFound(message, code="mcp_missing") from error
