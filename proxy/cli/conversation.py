"""A session's rows -> the lines that a person reads.

Pure. Whatever was recorded becomes ``rich.text.Text`` by way of ``plain``, so that no markup and no control character
in it is obeyed. Lines are made one after another, since a conversation may be long.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from rich.text import Text

from proxy.cli.noted import noted
from proxy.cli.saving import marked
from proxy.drafts import SUMMARY
from proxy.shapes.branches import Branch, Step, Tree
from proxy.shapes.figures import count, counted, duration, moment, money, spent
from proxy.shapes.plain import clean, one_line
from proxy.shapes.spelling import uuid
from proxy.shapes.wire import Said, read_message, system_text
from storage.listings import EventRow
from storage.records import Attempt, CallRow, ExchangeRow, MessageRow, SegmentRow, SessionRow

Row = TypeVar("Row", CallRow, ExchangeRow)

_HEAD = 72
_PREVIEW = 48
_COLOURS = {"user": "bold cyan", "assistant": "bold green", "tool": "bold yellow", "system": "bold magenta"}
_ENDINGS = {
    "": "has not ended yet",
    "complete": "the upstream answered with an error",
    "client_gone": "the client left before the end",
    "upstream_cut": "the upstream broke off before the end",
    "upstream_error": "the upstream failed",
    "interrupted": "Steno was ended before the reply was",
}
_USUAL_FINISHES = frozenset({"", "stop", "tool_calls", "function_call", "end_turn", "tool_use", "stop_sequence"})


@dataclass(frozen=True, slots=True)
class Recorded:
    """All that is known of one session; ``systems`` go by their hashes, ``attempts`` by the ids of their exchanges.

    ``parent`` and ``children`` are the sessions above and below it.
    """

    session: SessionRow
    messages: Sequence[MessageRow]
    calls: Sequence[CallRow] = ()
    exchanges: Sequence[ExchangeRow] = ()
    systems: Mapping[bytes, bytes] = field(default_factory=dict)
    attempts: Mapping[bytes, Sequence[Attempt]] = field(default_factory=dict)
    parent: SessionRow | None = None
    children: Sequence[SessionRow] = ()
    segments: Sequence[SegmentRow] = ()
    posted: Sequence[EventRow] = ()


class Conversation:
    """One branch of a session, to be read."""

    def __init__(
        self, recorded: Recorded, *, tree: Tree[MessageRow], branch: Branch[MessageRow] | None, full: bool = False
    ) -> None:
        self.tree = tree
        self.branch = branch
        self._recorded = recorded
        self._full = full
        self._steps: list[Step[MessageRow]] = tree.steps(branch) if branch else []
        shown = {step.message.id: step.message for step in self._steps}
        self._results = {call.result: shown[call.result] for call in recorded.calls if call.result in shown}
        self._calls = _grouped((call.message, call) for call in recorded.calls)
        self._known = {exchange.id: exchange for exchange in recorded.exchanges}
        self._answers = _grouped((exchange.answer, exchange) for exchange in recorded.exchanges if exchange.answer)
        self._failures = _grouped((exchange.tip, exchange) for exchange in recorded.exchanges if not exchange.answer)
        self._asides = [row for row in recorded.exchanges if row.parsed and not (row.answer or row.tip)]

    def lines(self) -> Iterator[Text]:
        """Everything, from the session's title to what may be done next."""
        yield from self._title()
        system = b""
        posted = deque(self._recorded.posted)
        for step in self._steps:
            yield from self._noted(posted, step.message.at)
            yield from self._fork(step)
            origin = self._known.get(step.message.exchange)
            if origin and origin.system not in {b"", system}:
                system = origin.system
                yield from self._system(system)
            yield from self._message(step.message)
            for exchange in self._exchanges(step.message):
                yield from _facts(exchange)
                yield from self._tried(exchange)
            for exchange in self._failures.get(step.message.id, ()):
                yield from self._failure(exchange)
        yield from self._noted(posted)
        for exchange in self._failures.get(0, ()):
            yield from self._failure(exchange)
        for exchange in self._asides:
            if exchange.ending == "complete" and not exchange.error_message:
                yield from self._aside(exchange)
        yield from self._further()

    def _title(self) -> Iterator[Text]:
        row = self._recorded.session
        name = "  " + one_line(row.name) if row.name else ""
        yield Text.assemble(("session ", "dim"), (str(uuid(row.id)), "bold"), (name, "cyan"))
        if row.title:
            yield Text(one_line(row.title), "bold")
        parts = [
            one_line(row.model) or "no model",
            counted(row.messages, "message"),
            f"{count(row.prompt_tokens)} + {count(row.completion_tokens)} tokens",
            spent(row.cost, row.unpriced),
            f"{moment(row.created_at)} to {moment(row.updated_at)}",
        ]
        if row.errors:
            parts.insert(2, counted(row.errors, "error"))
        yield Text(" · ".join(parts), "dim")
        if self._recorded.parent:
            yield _kin("below", self._recorded.parent)
        for child in self._recorded.children:
            yield _kin("above", child)
        yield from marked(self._recorded.segments)
        if self.branch and len(self.tree.branches) > 1:
            yield Text(f"branch {self.branch.number} of {len(self.tree.branches)}", "dim")

    def _noted(self, posted: deque[EventRow], until: int | None = None) -> Iterator[Text]:
        """The next entries that were posted, up to a time."""
        while posted and (until is None or posted[0].at < until):
            yield from noted(posted.popleft(), full=self._full)

    def _system(self, hash: bytes) -> Iterator[Text]:
        text = system_text(self._recorded.systems.get(hash, b""))
        if text:
            yield from self._folded("system", text)

    def _fork(self, step: Step[MessageRow]) -> Iterator[Text]:
        if not step.forks:
            return
        yield Text()
        yield Text("├─ fork: " + counted(len(step.forks), "other branch", "other branches") + " from here", "magenta")
        for fork in step.forks:
            preview = f"{one_line(fork.message.role)}: {one_line(fork.message.text, _PREVIEW)}"
            yield Text(f"│  --branch {fork.branch.number}  {preview}", "magenta")

    def _message(self, message: MessageRow) -> Iterator[Text]:
        if message.role == "system":
            yield from self._folded("system", message.text)
            return
        if message.role == "tool" and message.id in self._results:
            return
        yield Text()
        yield Text(one_line(message.role), _COLOURS.get(message.role, "bold"))
        said = read_message(message.body)
        if said.thoughts:
            yield from self._thoughts(said.thoughts)
        calls = self._calls.get(message.id, [])
        yield from _body(said, "" if calls else message.text or "(empty)")
        for call in calls:
            yield from self._call(call)

    def _thoughts(self, text: str) -> Iterator[Text]:
        yield Text(clean(text).rstrip() if self._full else "thinking: " + one_line(text, _HEAD), "dim italic")

    def _call(self, call: CallRow) -> Iterator[Text]:
        result = self._results.get(call.result)
        if self._full:
            yield from _unfolded(call, result)
            return
        line = Text.assemble(
            ("  → ", "yellow"), (one_line(call.name, _HEAD), "yellow"), "(", one_line(call.arguments, _HEAD), ")"
        )
        if result:
            line.append(" = ", "dim").append(one_line(result.text, _HEAD) or "(empty)")
        yield line.append_text(_outcome(call, result))

    def _aside(self, exchange: ExchangeRow) -> Iterator[Text]:
        """An exchange that is no part of the conversation: what was asked, and the texts in answer."""
        yield Text()
        kind = SUMMARY if exchange.match == SUMMARY else one_line(exchange.dialect)
        yield Text.assemble((kind, "bold blue"), "  ", (moment(exchange.at), "dim"))
        for text in filter(None, (exchange.asked, *exchange.said)):
            yield Text(clean(text).rstrip() if self._full else "  " + one_line(text, 2 * _HEAD))
        yield from _facts(exchange)

    def _folded(self, role: str, text: str) -> Iterator[Text]:
        yield Text()
        if self._full:
            yield Text(role, _COLOURS[role])
            yield Text(clean(text).rstrip())
            return
        yield Text.assemble((role, _COLOURS[role]), "  ", (one_line(text, _HEAD), "dim"), (_extent(text), "dim italic"))

    def _exchanges(self, message: MessageRow) -> list[ExchangeRow]:
        """The exchanges that a message answered: usually one, several where the same was answered again."""
        if message.id in self._answers:
            return self._answers[message.id]
        # Of several choices an exchange names the first; the others name the exchange.
        return [self._known[message.exchange]] if message.relayed and message.exchange in self._known else []

    def _failure(self, exchange: ExchangeRow) -> Iterator[Text]:
        yield from _failure(exchange)
        yield from self._tried(exchange)

    def _tried(self, exchange: ExchangeRow) -> Iterator[Text]:
        """Which providers were asked, where the first attempt wasn't the only one."""
        attempts = self._recorded.attempts.get(exchange.id, ())
        if len(attempts) > 1:
            tried = (f"{one_line(one.provider)} {one_line(one.error) or one.status}" for one in attempts)
            yield Text("  tried " + ", ".join(tried), "dim")

    def _further(self) -> Iterator[Text]:
        folded = not self._full and (self._recorded.calls or self._recorded.systems)
        hints = ["--full unfolds"] * bool(folded)
        if len(self.tree.branches) > 1:
            hints.append(f"--branch N shows another branch, 1 to {len(self.tree.branches)}")
        if hints:
            yield Text()
            yield Text("; ".join(hints), "dim italic")


def _kin(place: str, row: SessionRow) -> Text:
    """A session that this one is below or above: its id, its name, its title."""
    about = "  ".join(filter(None, (one_line(row.name or ""), one_line(row.title, _HEAD))))
    return Text.assemble((f"{place} ", "dim"), (str(uuid(row.id)), "bold dim"), (f"  {about}" if about else "", "dim"))


def _grouped(pairs: Iterable[tuple[int, Row]]) -> dict[int, list[Row]]:
    grouped: dict[int, list[Row]] = defaultdict(list)
    for message, row in pairs:
        grouped[message].append(row)
    return grouped


def _body(said: Said, otherwise: str) -> Iterator[Text]:
    """What a message says; where its bytes say nothing to us, the text that is stored with it."""
    silent = not (said.text or said.refusal or said.kinds)
    if said.text or (silent and otherwise):
        yield Text(clean(said.text or otherwise).rstrip())
    if said.refusal:
        yield Text(clean(said.refusal).rstrip(), "red")
    if said.kinds:
        yield Text("with " + one_line(", ".join(said.kinds), _HEAD), "dim")


def _outcome(call: CallRow, result: MessageRow | None) -> Text:
    if result is None:
        return Text("  no result", "dim")
    took = f" · {duration(call.returned_at - call.called_at)}" if call.returned_at >= call.called_at > 0 else ""
    failed = call.ok is False
    return Text("  " + ("failed" if failed else "ok") + took, "red" if failed else "green")


def _unfolded(call: CallRow, result: MessageRow | None) -> Iterator[Text]:
    yield Text.assemble(("  → ", "yellow"), (one_line(call.name), "yellow"), _outcome(call, result))
    yield Text(clean(call.arguments).rstrip())
    if result:
        yield Text("  = result", "yellow")
        yield Text(clean(result.text).rstrip())


def _facts(exchange: ExchangeRow) -> Iterator[Text]:
    """The dim line below an answer, and how it ended where that was not well."""
    about = "~" if exchange.usage_source == "estimated" else ""
    parts = [one_line(exchange.answered_by or exchange.model)]
    parts += [f"{about}{count(exchange.prompt_tokens)} + {about}{count(exchange.completion_tokens)} tokens"]
    parts += [money(exchange.cost)] if exchange.cost is not None else []
    if exchange.ended_at:
        parts.append(duration(exchange.ended_at - exchange.at))
    if exchange.first_byte_at and exchange.stream:
        parts.append(f"first byte after {duration(exchange.first_byte_at - exchange.at)}")
    yield Text("  " + " · ".join(filter(None, parts)), "dim")
    if exchange.ending != "complete":
        yield Text("  ✗ " + _ending(exchange), "red")
    elif exchange.finish_reason not in _USUAL_FINISHES:
        yield Text(f"  stopped by: {one_line(exchange.finish_reason, _HEAD)}", "yellow")


def _failure(exchange: ExchangeRow) -> Iterator[Text]:
    """An exchange that left no answer."""
    if exchange.ending == "complete" and not exchange.error_message:
        return
    yield Text()
    yield Text("✗ " + _ending(exchange), "yellow" if exchange.ending == "" else "bold red")
    parts = [moment(exchange.at), one_line(exchange.model)]
    if exchange.ended_at:
        parts.append("after " + duration(exchange.ended_at - exchange.at))
    yield Text("  " + " · ".join(filter(None, parts)), "dim")


def _ending(exchange: ExchangeRow) -> str:
    said = _ENDINGS.get(exchange.ending, one_line(exchange.ending))
    code = one_line(exchange.error_code or exchange.error_type, _HEAD)
    status = str(exchange.status) if exchange.status >= 400 else ""
    marks = " ".join(filter(None, (status, code)))
    error = one_line(exchange.error_message, 4 * _HEAD)
    return ": ".join(filter(None, (f"{said} ({marks})" if marks else said, error)))


def _extent(text: str) -> str:
    lines = clean(text).count("\n") + 1
    return f"  ({counted(lines, 'line')}, {counted(len(text), 'character')})"
