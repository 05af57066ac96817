"""One session, a page of it: which branch, which part of that, and what the store knows of these messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from proxy.dashboard.blocks import Block, Group, blocks, groups, within
from proxy.dashboard.turns import Renders, Rows, Turn, turns
from proxy.dialects import DIALECTS
from proxy.drafts import SUMMARY
from proxy.shapes.branches import Branch, Step, Tree
from proxy.transcript import Transcript
from storage.browsing import Browsing, Running, Span, Twig
from storage.ports import Store
from storage.records import ExchangeRow, SessionRow

PAGE = 40
LEAD = 5
LIMIT = 1 << 24


@dataclass(frozen=True, slots=True)
class Spot:
    """What the address asks for: a branch by its number, a message by its id, or the step to begin with."""

    branch: int = 0
    message: int = 0
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Partial:
    """A reply that is still on its way."""

    exchange: bytes
    model: str
    at: int
    text: str
    thoughts: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of one branch."""

    turns: Sequence[Turn]
    running: Sequence[Partial]
    branch: int
    branches: int
    start: int
    end: int
    length: int
    last: int
    lost: Sequence[ExchangeRow] = ()
    closed: Mapping[int, Block] = field(default_factory=dict)
    """Messages that later requests did not bring to the model, by their ids."""
    sought: int = 0
    """The message that was asked for."""

    @property
    def groups(self) -> Sequence[Group]:
        """The turns, those of a closed run together."""
        return list(groups(self.turns, self.closed))

    @property
    def earlier(self) -> int | None:
        """Where the part before this one begins."""
        return max(0, self.start - PAGE) if self.start else None

    @property
    def later(self) -> int | None:
        """Where the part after this one begins."""
        return self.end if self.end < self.length else None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The steps of a branch that a page shows."""

    steps: Sequence[Step[Twig]]
    number: int
    branches: int
    start: int
    length: int
    last: int
    closed: Mapping[int, Block] = field(default_factory=dict)


def choose(outline: Sequence[Twig], spot: Spot, spans: Sequence[Span] = ()) -> Chosen | None:
    """The branch and the part of it; None where the tree has no such thing."""
    tree = Tree(outline)
    branch = _branch(tree, spot)
    if branch is None:
        return Chosen((), 0, 0, 0, 0, 0) if not tree.branches and not spot.message else None
    path = tree.path(branch)
    start = spot.start if spot.start is not None else max(0, len(path) - PAGE)
    if spot.message:
        place = next((index for index, twig in enumerate(path) if twig.id == spot.message), None)
        if place is None:
            return None
        start = max(0, place - LEAD) if place < len(path) - PAGE else start
    start = min(start, max(0, len(path) - 1))
    shown = path[start : start + PAGE]
    closed = within(blocks(path, spans), [twig.id for twig in shown], start)
    steps = tree.some_steps(shown)
    return Chosen(steps, branch.number, len(tree.branches), start, len(path), branch.last.id, closed)


def _branch(tree: Tree[Twig], spot: Spot) -> Branch[Twig] | None:
    if spot.branch:
        return tree.branches[spot.branch - 1] if spot.branch <= len(tree.branches) else None
    latest = tree.latest()
    if not spot.message or latest is None:
        return latest
    return tree.holder(spot.message)


async def read(store: Store, session: SessionRow, spot: Spot, renders: Renders) -> Page | None:
    """The page; None where the session has no such branch or message."""
    outline = await store.browsing.outline(session.id)
    chosen = await asyncio.to_thread(choose, outline, spot, await store.browsing.spans(session.id))
    if chosen is None:
        return None
    rows = await gather(store, session.id, chosen.steps, top=chosen.start == 0)
    running = [partial(one) for one in await store.browsing.running(session.id)]
    lost = [row for row in rows.exchanges if not (row.answer or row.tip) and row.ended_at and row.match != SUMMARY]
    shown = await asyncio.to_thread(turns, chosen.steps, rows, renders)
    end = chosen.start + len(chosen.steps)
    at_end = end == chosen.length
    return Page(
        shown,
        running if at_end else (),
        chosen.number,
        chosen.branches,
        chosen.start,
        end,
        chosen.length,
        chosen.last,
        lost if at_end else (),
        chosen.closed,
        spot.message,
    )


async def after(store: Store, session: SessionRow, spot: Spot, renders: Renders) -> Page | None:
    """What a branch went on with behind a message."""
    outline = await store.browsing.outline(session.id)
    new = await asyncio.to_thread(follow, outline, spot)
    if new is None:
        return None
    rows = await gather(store, session.id, new.steps, top=False)
    running = [partial(one) for one in await store.browsing.running(session.id)]
    shown = await asyncio.to_thread(turns, new.steps, rows, renders)
    return Page(shown, running, new.number, new.branches, new.start, new.length, new.length, new.last)


def follow(outline: Sequence[Twig], spot: Spot) -> Chosen | None:
    """The steps of a branch behind a message; None in an empty session."""
    tree = Tree(outline)
    if not tree.branches:
        return None
    branch = tree.branches[min(max(spot.branch, 1), len(tree.branches)) - 1]
    path = tree.path(branch)
    place = next((index for index, twig in enumerate(path) if twig.id == spot.message), -1)
    new = tree.some_steps(path[place + 1 :][-PAGE:])
    return Chosen(new, branch.number, len(tree.branches), len(path) - len(new), len(path), branch.last.id)


async def gather(store: Store, session: bytes, steps: Sequence[Step[Twig]], *, top: bool) -> Rows:
    """What the store knows of the messages of some steps, and of those beside them."""
    shelves: Browsing = store.browsing
    ids = [step.message.id for step in steps]
    beside = [fork.message.id for step in steps for fork in step.forks]
    calls = await shelves.calls(session, ids)
    returned = [call.result for call in calls if call.result and call.result not in ids]
    exchanges = await shelves.exchanges(session, [*ids, 0] if top else ids)
    hashes = sorted({row.system for row in exchanges if row.system})
    found = {hash: await store.system(hash) for hash in hashes}
    return Rows(
        messages=await shelves.messages(session, ids),
        calls=calls,
        results=await shelves.messages(session, [*beside, *returned]) if beside or returned else (),
        exchanges=exchanges,
        systems={hash: data for hash, data in found.items() if data is not None},
    )


def partial(running: Running) -> Partial:
    """A reply as far as it was saved."""
    bare = Partial(running.exchange, running.model, running.at, "")
    dialect = DIALECTS.get(running.dialect)
    if dialect is None or not running.data:
        return bare
    transcript = Transcript(dialect, "text/event-stream", "", 200, LIMIT)
    transcript.feed(running.data)
    choices = transcript.reply().choices
    if not choices:
        return bare
    return replace(bare, text=choices[0].message.text, thoughts=choices[0].message.reasoning)
