"""The command that searches what was recorded."""

import asyncio
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from proxy.answers.hits import hit as hit_shape
from proxy.cli.excerpts import excerpt, styled
from proxy.cli.options import AsJson, ConfigFile, StoreUrl, opened, settings_of
from proxy.cli.reading import Limit, find
from proxy.cli.spans import Since, Until, span_of
from proxy.cli.terminal import tell, tell_json
from proxy.shapes.figures import counted, moment, short_ids
from proxy.shapes.plain import one_line
from proxy.shapes.spelling import uuid
from storage.inquiries import Hit, Hits, Inquiry


class Speaker(StrEnum):
    """The roles that a search may be narrowed to."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Kind(StrEnum):
    """The types of entries that a search may be narrowed to."""

    MESSAGE = "message"
    TOOL_CALL = "tool_call"
    TOOL_RESULT = "tool_result"
    SUMMARY = "summary"
    ERROR = "error"
    DECISION = "decision"


class Order(StrEnum):
    """Which hits come first."""

    NEWEST = "newest"
    RANK = "rank"


def search(  # noqa: PLR0913, PLR0917 (one parameter an option)
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words, or parts of them, in any language.")],
    role: Annotated[Speaker | None, typer.Option("--role", help="Only what this one said.")] = None,
    kind: Annotated[Kind | None, typer.Option("--type", help="Only entries of this type.")] = None,
    session: Annotated[str | None, typer.Option("--session", metavar="ID", help="Only in this session.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="Only what was asked of this model.")] = None,
    since: Since = None,
    until: Until = None,
    order: Annotated[Order, typer.Option("--order", help="The newest first, or the best.")] = Order.NEWEST,
    limit: Limit = 20,
    cursor: Annotated[str, typer.Option("--cursor", help="Go on where an earlier page ended.")] = "",
    as_json: AsJson = False,
    store: StoreUrl = None,
    config: ConfigFile = None,
) -> None:
    """Find the texts in which every word of the query stands, the newest first."""
    settings = settings_of(config, store)
    times = span_of(since, until)
    inquiry = Inquiry(query, str(order), str(role or ""), str(kind or ""), b"", model or "", b"", *times, limit, cursor)

    async def read() -> Hits:
        async with opened(settings) as source:
            within = (await find(source, session)).id if session else b""
            return await source.search(msgspec.structs.replace(inquiry, session=within))

    found = asyncio.run(read())
    if as_json:
        tell_json([hit_shape(hit, excerpt(hit.text, query)) for hit in found.hits])
    else:
        tell(_found(found.hits, query) if found.hits else [Text(f"Nothing found for {one_line(query)}")])
        tell([Text(f"More: --cursor {found.cursor}", "dim")] if found.cursor else [])


def _found(hits: Sequence[Hit], query: str) -> Iterable[Text]:
    ids = short_ids([uuid(hit.session) or "" for hit in hits])
    for id, hit in zip(ids, hits, strict=True):
        more = f" and in {counted(hit.sessions - 1, 'other session')}" if hit.sessions > 1 else ""
        who = one_line(hit.role) if hit.type in ("message", "tool_result") else hit.type.replace("_", " ")
        yield Text.assemble((id or "no session", "bold"), (f"  {moment(hit.at)}  {who}{more}", "dim"))
        yield Text("  ").append_text(styled(excerpt(hit.text, query)))
