"""How requests were placed, against the truth: counted from what the store holds.

A request belongs to the session of the exchange whose answer it goes on from, or of any with the same history and the
same answer: those are identical so far. Its place is right if that answer stands just before its new messages.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from storage.ports import Store
from storage.records import ExchangeRow
from tests.clients import Said
from tests.traffic import Asked


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that was placed, and its answer."""

    asked: Asked
    exchange: bytes
    session: bytes
    match: str
    reply: Said | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Verdicts by kind of request: ``right``, ``misplaced`` in its session, ``missed`` (a new session), ``wrong``."""

    verdicts: Counter[tuple[str, str]]
    matches: Counter[tuple[str, str]]
    tangled: int
    faults: tuple[tuple[str, Sent], ...] = ()

    def total(self, verdict: str, kinds: Iterable[str] = ()) -> int:
        """How many requests, of those kinds or of all, got a verdict."""
        chosen = set(kinds) or {kind for kind, _ in self.verdicts}
        return sum(self.verdicts[kind, verdict] for kind in chosen)

    def share(self, *kinds: str) -> float:
        """How many of those kinds are right, of one."""
        return self.total("right", kinds) / sum(self.total(verdict, kinds) for verdict in VERDICTS)

    def table(self) -> str:
        """For people."""
        kinds = sorted({kind for kind, _ in self.verdicts})
        lines = [_line("request", "sent", *VERDICTS, "by")]
        for kind in kinds:
            counts = [self.verdicts[kind, verdict] for verdict in VERDICTS]
            reasons = sorted(match for found, match in self.matches if found == kind)
            lines.append(_line(kind, sum(counts), *counts, ", ".join(reasons)))
        totals = [self.total(verdict) for verdict in VERDICTS]
        return "\n".join([*lines, _line("all", sum(totals), *totals, f"{self.tangled} tangled sessions")])


VERDICTS = ("right", "misplaced", "missed", "wrong")


def _line(kind: str, *cells: object) -> str:
    *figures, last = cells
    return f"{kind:22}" + "".join(f"{figure!s:>10}" for figure in figures) + f"  {last}"


@dataclass(slots=True)
class Ledger:
    """All that was sent, in the order of sending."""

    entries: list[Sent] = field(default_factory=list)

    async def counts(self, store: Store) -> Counts:
        """Judge each request by the store."""
        trees = {session: await _tree(store, session) for session in {sent.session for sent in self.entries}}
        sources = self._sources()
        faults = []
        verdicts: Counter[tuple[str, str]] = Counter()
        matches: Counter[tuple[str, str]] = Counter()
        for sent in self.entries:
            verdict = trees[sent.session].verdict(sent, sources[_source(sent.asked)])
            verdicts[sent.asked.kind, verdict] += 1
            matches[sent.asked.kind, sent.match] += 1
            faults += [] if verdict == "right" else [(verdict, sent)]
        return Counts(verdicts, matches, self._tangled(), tuple(faults))

    def _sources(self) -> dict[object, list[Sent]]:
        """Exchanges by what can go on from them: their history with its answer; the body, where there was none."""
        found: dict[object, list[Sent]] = defaultdict(list)
        for sent in self.entries:
            found[sent.asked.body if sent.reply is None else (*sent.asked.trail, sent.reply)].append(sent)
        return found

    def _tangled(self) -> int:
        """Sessions in which several conversations go on, each in its own words."""
        holders: dict[bytes, set[int]] = defaultdict(set)
        for sent in self.entries:
            if sent.asked.own:
                holders[sent.session].add(sent.asked.conversation)
        return sum(len(held) > 1 for held in holders.values())


def _source(asked: Asked) -> object:
    return asked.body if asked.again else asked.trail[: asked.goes_on]


@dataclass(frozen=True, slots=True)
class Tree:
    """A session as it is stored."""

    exchanges: dict[bytes, ExchangeRow]
    parents: dict[int, int]
    first: bytes

    def verdict(self, sent: Sent, sources: Sequence[Sent]) -> str:
        """Whether the request belongs here, and stands where it should."""
        fresh = sent.exchange == self.first
        if not sources:
            return "right" if fresh else "wrong"
        here = [source for source in sources if source.exchange in self.exchanges and source.exchange != sent.exchange]
        if fresh or not here:
            return "missed" if fresh else "wrong"
        return "right" if any(self._follows(sent, source) for source in here) else "misplaced"

    def _follows(self, sent: Sent, source: Sent) -> bool:
        row, before = self.exchanges[sent.exchange], self.exchanges[source.exchange]
        if sent.asked.again:
            return row.tip == before.tip
        at = row.tip
        for _ in range(len(sent.asked.trail) - sent.asked.goes_on):
            at = self.parents.get(at, 0)
        return at == before.answer


async def _tree(store: Store, session: bytes) -> Tree:
    rows = await store.exchanges(session)
    messages = await store.messages(session)
    return Tree({row.id: row for row in rows}, {row.id: row.parent for row in messages}, rows[0].id)
