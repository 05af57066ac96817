"""The tools as the protocol's package serves them, over standard input and output or for one HTTP request."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import ToolAnnotations
from starlette.types import Receive, Scope, Send

from proxy.errors import StenoError
from proxy.mcp.past import Answer, Past
from storage.ports import StoreError

INSTRUCTIONS = (
    "Your own past conversations, as a proxy recorded them. Search them with session_history, look at one with "
    "session_summary, at all of what a summary stands for with expand, and at what went wrong with self_reflect."
)


@dataclass(frozen=True, slots=True)
class Tools:
    """What an agent reads of each tool is its name, its parameters and the text below them."""

    past: Past

    async def session_history(self, query: str = "", role: str | None = None, limit: int = 20) -> dict[str, object]:
        """Find earlier messages in which every word of the query stands, newest first; "two words" in quotes are one.

        role narrows it to system, user, assistant or tool. Without a query: the latest sessions.
        """
        return await _told(self.past.session_history(query, role, limit))

    async def session_summary(self, session: str) -> dict[str, object]:
        """What a session was about: title, model, tools, errors, cost, the summaries of its older parts, its
        beginning and its end. By its id or name.
        """
        return await _told(self.past.session_summary(session))

    async def self_reflect(self, limit: int = 30) -> dict[str, object]:
        """Look back on the latest requests: errors, tools that fail, unsure or truncated answers, repeated questions,
        what was dear, and topics that keep coming back.
        """
        return await _told(self.past.self_reflect(limit))

    async def expand(self, segment: str) -> dict[str, object]:
        """All the messages that a summary stands for, word for word, by the segment's id that session_summary tells.

        With a session's id or name, all of that.
        """
        return await _told(self.past.expand(segment))


def toolbox(past: Past) -> MCPServer:
    """A server with the tools for one past."""
    server, tools = MCPServer("steno", instructions=INSTRUCTIONS, log_level="ERROR"), Tools(past)
    for tool in (tools.session_history, tools.session_summary, tools.self_reflect, tools.expand):
        server.add_tool(tool, annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False))
    return server


async def _told(answer: Awaitable[Answer]) -> dict[str, object]:
    try:
        return dict(await answer)
    except (StenoError, StoreError) as error:
        raise ToolError(str(error)) from error


async def serve_request(past: Past, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one HTTP request. Nothing is kept between requests, so that each sees what its own caller may."""
    server = toolbox(past)
    # Who may call is settled before.
    trusting = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    server.streamable_http_app(json_response=True, stateless_http=True, transport_security=trusting)
    async with server.session_manager.run():
        await server.session_manager.handle_request(scope, receive, send)


async def serve_stdio(past: Past) -> None:
    """Serve until standard input ends."""
    await toolbox(past).run_stdio_async()
