"""The commands that read what was recorded: sessions, show, stats."""

import asyncio
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import typer
from rich.console import RenderableType
from rich.text import Text

from proxy.answers.figures import statistics as statistics_shape
from proxy.answers.misses import miss
from proxy.cli import shapes
from proxy.cli.caching import cache_lines
from proxy.cli.conversation import Conversation, Recorded
from proxy.cli.options import AsJson, ConfigFile, StoreUrl, opened, settings_of
from proxy.cli.saving import saved, told
from proxy.cli.series import Series, series_table
from proxy.cli.spans import Since, Until, span_of
from proxy.cli.terminal import table, tell, tell_json
from proxy.config import Settings
from proxy.errors import NotFound
from proxy.forensics import session_losses
from proxy.losses import Loss
from proxy.prices import ModelPrice, PriceBook
from proxy.savings import Savings
from proxy.shapes.branches import Tree
from proxy.shapes.figures import count, counted, moment, short_ids, spent
from proxy.shapes.plain import one_line
from proxy.shapes.sessions import session as session_shape
from proxy.shapes.sessions import session_stats, with_context
from proxy.shapes.spelling import uuid
from proxy.shapes.totals import totals as totals_shape
from storage.inquiries import Statistics
from storage.ports import Store
from storage.records import ExchangeRow, ModelTotals, SegmentRow, SessionRow, Totals

Id = Annotated[str, typer.Argument(metavar="ID", help="A session's id, the beginning of it, or its name.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many at most.")]

_LOOKED_AT = 1000
"""So many of the latest sessions are looked through for those that begin alike."""


def sessions(limit: Limit = 50, as_json: AsJson = False, store: StoreUrl = None, config: ConfigFile = None) -> None:
    """List the sessions, the latest first."""
    settings = settings_of(config, store)

    async def read() -> Sequence[SessionRow]:
        async with opened(settings) as source:
            return await source.sessions(limit=limit)

    rows = asyncio.run(read())
    if as_json:
        tell_json([session_shape(row) for row in rows])
    else:
        tell([session_table(rows)] if rows else [Text(f"Nothing is recorded yet in {settings.store.url}")])


def show(  # noqa: PLR0913, PLR0917 (each is an option of the command)
    id: Id,
    branch: Annotated[int | None, typer.Option("--branch", min=1, metavar="N", help="Show this branch.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Unfold tool calls, thoughts and system prompts.")] = False,
    cache: Annotated[
        bool, typer.Option("--cache", help="Show instead what the provider's cache missed, and why.")
    ] = False,
    as_json: AsJson = False,
    store: StoreUrl = None,
    config: ConfigFile = None,
) -> None:
    """Show a conversation: the branch with the latest message, unless another is named."""
    if cache:
        _show_cache(id, settings_of(config, store), as_json=as_json)
        return
    recorded = asyncio.run(_recorded(id, store, config))
    shown = conversation_of(recorded, branch, full=full)
    if as_json:
        tell_json(shapes.conversation(recorded, shown))
    else:
        tell(shown.lines())


def stats(  # noqa: PLR0913, PLR0917 (one parameter an option)
    id: Annotated[str | None, typer.Argument(metavar="[ID]", help="A session; all of the store without it.")] = None,
    by: Annotated[Series | None, typer.Option("--by", help="Show a series of the whole store.")] = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
    store: StoreUrl = None,
    config: ConfigFile = None,
) -> None:
    """Add up messages, tokens, costs and errors: of the whole store by model, or of one session."""
    if id is None and (by or since or until):
        row, savings = asyncio.run(_series(store, config, span_of(since, until)))
        shape: object = statistics_shape(row, savings)
        lines = [series_table(row, by or Series.DAY)]
    elif id is None:
        totals, savings = asyncio.run(_totals(store, config))
        shape = totals_shape(totals, savings)
        lines = [*_sums(totals), *told(savings)]
    else:
        summed, segments, savings = asyncio.run(_session(id, store, config))
        shape = with_context(session_stats(summed), segments, savings)
        lines = [table(["", ""], _session_sums(summed)), *told(savings)]
    if as_json:
        tell_json(shape)
    else:
        tell(lines)


def _show_cache(id: str, settings: Settings, *, as_json: bool) -> None:
    exchanges, losses = asyncio.run(_losses(id, settings))
    if as_json:
        tell_json([miss(losses[one.id]) for one in exchanges if one.id in losses])
    else:
        tell(cache_lines(exchanges, losses))


async def _losses(id: str, settings: Settings) -> tuple[Sequence[ExchangeRow], dict[bytes, Loss]]:
    prices = PriceBook({name: ModelPrice(**price.model_dump()) for name, price in settings.prices.items()})
    async with opened(settings) as source:
        row = await find(source, id)
        exchanges = await source.exchanges(row.id, limit=max(1, row.exchanges))
        return exchanges, await session_losses(source, row.id, prices.cost)


def conversation_of(recorded: Recorded, number: int | None = None, *, full: bool = False) -> Conversation:
    """One branch of what was recorded: the latest if none is named."""
    tree = Tree(recorded.messages)
    if number is None:
        return Conversation(recorded, tree=tree, branch=tree.latest(), full=full)
    if number > len(tree.branches):
        message = f"This session has no branch {number}; it has {counted(len(tree.branches), 'branch', 'branches')}."
        raise NotFound(message)
    return Conversation(recorded, tree=tree, branch=tree.branches[number - 1], full=full)


def session_table(rows: Sequence[SessionRow]) -> RenderableType:
    """Sessions as they are listed."""
    ids = short_ids([uuid(row.id) or "" for row in rows])
    columns = ["session", "latest", "~title", "~model", ">msgs", ">tokens", ">cost", ">errors"]
    return table(columns, ([id, *_cells(row)] for id, row in zip(ids, rows, strict=True)))


async def gather(source: Store, row: SessionRow) -> Recorded:
    """Everything that ``show`` needs of a session."""
    exchanges = await source.exchanges(row.id, limit=max(1, row.exchanges))
    hashes = {exchange.system for exchange in exchanges if exchange.system}
    found = {hash: await source.system(hash) for hash in sorted(hashes)}
    systems = {hash: data for hash, data in found.items() if data is not None}
    attempts = {one.id: await source.attempts(one.id) for one in exchanges if one.attempts}
    messages, calls = await source.messages(row.id), await source.calls(row.id)
    parent = await source.session(str(UUID(bytes=row.parent))) if row.parent else None
    children = await source.children(row.id)
    segments, posted = await source.segments(row.id), await source.listings.posted(row.id)
    return Recorded(row, messages, calls, exchanges, systems, attempts, parent, children, segments, posted)


async def find(source: Store, id: str) -> SessionRow:
    """The session of an id or a name."""
    row = await source.session(id)
    if row is None:
        raise NotFound(_missing(id, [str(uuid(each.id)) for each in await source.sessions(limit=_LOOKED_AT)]))
    return row


def _missing(id: str, latest: Sequence[str]) -> str:
    """Why nothing is found: ids of one minute begin alike."""
    begin, shown = id.replace("-", "").lower(), repr(one_line(id, 80))
    alike = [each for each in latest if begin and each.replace("-", "").startswith(begin)]
    if alike:
        more = short_ids(alike)[0]
        return f"{shown} is too short to tell which session is meant; give more of its id, such as {more}."
    return f"There is no session {shown} here. `steno sessions` lists those that there are."


async def _recorded(id: str, store: str | None, config: ConfigFile) -> Recorded:
    async with opened(settings_of(config, store)) as source:
        return await gather(source, await find(source, id))


async def _session(id: str, store: str | None, config: ConfigFile) -> tuple[SessionRow, Sequence[SegmentRow], Savings]:
    settings = settings_of(config, store)
    async with opened(settings) as source:
        row = await find(source, id)
        return row, await source.segments(row.id), saved(await source.compacted(row.id), settings)


async def _series(store: str | None, config: ConfigFile, span: tuple[int, int]) -> tuple[Statistics, Savings]:
    settings = settings_of(config, store)
    async with opened(settings) as source:
        return await source.statistics(None, *span), saved(await source.compacted(None, None, *span), settings)


async def _totals(store: str | None, config: ConfigFile) -> tuple[Totals, Savings]:
    settings = settings_of(config, store)
    async with opened(settings) as source:
        return await source.totals(), saved(await source.compacted(), settings)


def _cells(row: SessionRow) -> list[str | Text]:
    return [
        moment(row.updated_at)[5:],
        one_line(row.title or row.name or "", 60) or Text("untitled", "dim"),
        one_line(row.model, 32),
        count(row.messages),
        count(row.prompt_tokens + row.completion_tokens),
        spent(row.cost, row.unpriced),
        Text(count(row.errors), "red") if row.errors else "",
    ]


def _sums(totals: Totals) -> list[RenderableType]:
    sums = [
        counted(totals.sessions, "session"),
        counted(totals.exchanges, "exchange"),
        counted(totals.messages, "message"),
        counted(totals.tool_calls, "tool call"),
        counted(totals.errors, "error"),
        f"{count(totals.open)} open",
    ]
    renderables: list[RenderableType] = [Text(", ".join(sums))]
    if totals.first_at:
        renderables.append(Text(f"{moment(totals.first_at)} to {moment(totals.last_at)}", "dim"))
    if totals.lost:
        renderables.append(Text(f"{counted(totals.lost, 'exchange')} could not be recorded", "red"))
    if totals.models:
        columns = ["~model", "provider", ">exchanges", ">errors", ">tokens in", ">cached", ">tokens out", ">cost"]
        renderables += [Text(), table(columns, map(_model_cells, totals.models))]
    return renderables


def _model_cells(row: ModelTotals) -> list[str | Text]:
    return [
        one_line(row.model, 60) or Text("no model", "dim"),
        one_line(row.provider, 32),
        count(row.exchanges),
        count(row.errors),
        count(row.prompt_tokens),
        count(row.cached_tokens),
        count(row.completion_tokens),
        spent(row.cost, row.unpriced),
    ]


def _session_sums(row: SessionRow) -> list[list[str | Text]]:
    shares = f"{count(row.user_messages)} from the user, {count(row.ai_messages)} from the assistant"
    tokens = f"{count(row.prompt_tokens)} in ({count(row.cached_tokens)} cached), {count(row.completion_tokens)} out"
    return [
        ["session", str(uuid(row.id))],
        ["title", one_line(row.title or row.name or "", 120)],
        ["model", one_line(row.model, 60)],
        ["exchanges", count(row.exchanges)],
        ["messages", f"{count(row.messages)}: {shares}"],
        ["tool calls", count(row.tool_calls)],
        ["errors", count(row.errors)],
        ["tokens", tokens],
        ["cost", spent(row.cost, row.unpriced)],
        ["from", moment(row.created_at)],
        ["to", moment(row.updated_at)],
    ]
