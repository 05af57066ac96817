"""A part of a session's tree -> the turns that a page shows. Pure: rows in, values out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from markupsafe import Markup

from proxy.shapes.branches import Step
from proxy.shapes.pictures import Picture, pictures
from proxy.shapes.wire import read_message, system_text
from storage.browsing import Twig
from storage.records import CallRow, ExchangeRow, MessageRow

KNOWN_ROLES = frozenset({"user", "assistant", "system", "tool"})
USUAL_FINISHES = frozenset({"", "stop", "end_turn", "completed", "tool_calls", "tool_use", "function_call"})
LONGEST = 20_000
PREVIEW = 90
ENDINGS = {
    "": "has not ended yet",
    "complete": "answered with an error",
    "client_gone": "the client left before the end",
    "upstream_cut": "the upstream broke off before the end",
    "upstream_error": "the upstream failed",
    "interrupted": "Steno was ended before the reply was",
}

Row = TypeVar("Row")
Renders = Callable[[str], Markup | None]


@dataclass(frozen=True, slots=True)
class Rows:
    """What the store said of the messages on a page, and of those that they part from."""

    messages: Sequence[MessageRow]
    calls: Sequence[CallRow] = ()
    results: Sequence[MessageRow] = ()
    exchanges: Sequence[ExchangeRow] = ()
    systems: Mapping[bytes, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Words:
    """A text: ``html`` where there was time to render it, ``cut`` where it is longer than a page should be."""

    text: str = ""
    html: Markup | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """A tool call with its result."""

    call: CallRow
    arguments: Words
    result: Words | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """Another branch that goes on here, and how it begins."""

    number: int
    role: str
    preview: str
    message: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One message, with all that belongs to it."""

    id: int
    role: str
    look: str
    at: int
    words: Words
    ways: tuple[Way, ...] = ()
    system: Words | None = None
    thoughts: str = ""
    refusal: str = ""
    pictures: tuple[Picture, ...] = ()
    kinds: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    answered: tuple[ExchangeRow, ...] = ()
    failed: tuple[ExchangeRow, ...] = ()
    cut: bool = False
    """Whether the session may be cut in two before it."""


def turns(steps: Sequence[Step[Twig]], rows: Rows, renders: Renders) -> list[Turn]:
    """The turns of some steps of a branch."""
    return list(Telling(rows, renders).turns(steps))


class Telling:
    """Rows by what they belong to."""

    def __init__(self, rows: Rows, renders: Renders) -> None:
        self._renders = renders
        self._systems = rows.systems
        self._messages = {row.id: row for row in rows.messages}
        self._results = {row.id: row for row in (*rows.results, *rows.messages)}
        self._calls = grouped((call.message, call) for call in rows.calls)
        self._returned = {call.result for call in rows.calls if call.message in self._messages}
        self._exchanges = {row.id: row for row in rows.exchanges}
        self._answered = grouped((row.answer, row) for row in rows.exchanges if row.answer)
        self._failed = grouped((row.tip, row) for row in rows.exchanges if not row.answer and _failed(row))

    def turns(self, steps: Sequence[Step[Twig]]) -> Iterator[Turn]:
        """One after another; what a tool returned stands with its call."""
        system = b""
        for step in steps:
            row = self._messages.get(step.message.id)
            if row is None:
                continue
            origin = self._exchanges.get(row.exchange)
            begun = origin.system if origin and origin.system not in {b"", system} else b""
            system = begun or system
            if row.id in self._returned and not step.forks and not self._failed.get(row.id):
                continue
            yield self._turn(row, step, begun)

    def _turn(self, row: MessageRow, step: Step[Twig], system: bytes) -> Turn:
        said = read_message(row.body)
        uses = tuple(self._use(call) for call in self._calls.get(row.id, ()))
        silent = not (said.text or said.refusal or said.kinds or uses)
        return Turn(
            id=row.id,
            role=row.role,
            look=row.role if row.role in KNOWN_ROLES else "other",
            at=row.at,
            words=self._words(said.text or (row.text if silent else ""), plain=row.role == "tool"),
            ways=tuple(self._ways(step)),
            system=self._words(system_text(self._systems.get(system, b"")), plain=True) if system else None,
            thoughts=said.thoughts[:LONGEST],
            refusal=said.refusal,
            pictures=tuple(pictures(row.body)),
            kinds=tuple(kind for kind in said.kinds if "image" not in kind),
            uses=uses,
            answered=tuple(self._answered.get(row.id, ())) or self._named(row),
            failed=tuple(self._failed.get(row.id, ())),
            cut=row.role == "user" and bool(row.parent),
        )

    def _named(self, row: MessageRow) -> tuple[ExchangeRow, ...]:
        """Of several choices an exchange names the first; the others name the exchange."""
        named = self._exchanges.get(row.exchange) if row.relayed else None
        return (named,) if named else ()

    def _ways(self, step: Step[Twig]) -> Iterator[Way]:
        for fork in step.forks:
            row = self._results.get(fork.message.id)
            text = (row.text or read_message(row.body).text) if row else ""
            yield Way(fork.branch.number, row.role if row else "", text[: 4 * PREVIEW], fork.message.id)

    def _use(self, call: CallRow) -> Use:
        result = self._results.get(call.result)
        returned = None
        if result is not None:
            returned = self._words(read_message(result.body).text or result.text, plain=True)
        return Use(call, self._words(call.arguments, plain=True), returned)

    def _words(self, text: str, *, plain: bool) -> Words:
        html = None if plain or not text else self._renders(text)
        return Words(text[:LONGEST], html, cut=len(text) > LONGEST)


def _failed(row: ExchangeRow) -> bool:
    return bool(row.ended_at) and (row.ending != "complete" or bool(row.error_message) or row.status >= 400)


def ending(row: ExchangeRow) -> str:
    """How an exchange ended, in words; empty where it ended well."""
    if row.ending == "complete" and row.status < 400 and not row.error_message:
        return ""
    return ENDINGS.get(row.ending, row.ending)


def finish(row: ExchangeRow) -> str:
    """Why the model stopped; empty where it said what it had to say."""
    return "" if row.finish_reason in USUAL_FINISHES else row.finish_reason


def grouped(pairs: Iterable[tuple[int, Row]]) -> dict[int, list[Row]]:
    """Rows by a number."""
    found: dict[int, list[Row]] = defaultdict(list)
    for number, row in pairs:
        found[number].append(row)
    return found
