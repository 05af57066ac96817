"""A reflection -> sentences that follow from its figures, each with the figures that it follows from. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from proxy.reflection.report import Reflection

OFTEN = 0.1
MOST_FAILING = 0.25
LEAST_CALLS = 4


@dataclass(frozen=True, slots=True)
class Insight:
    """What follows; ``about`` is the part of the reflection that it follows from."""

    about: str
    text: str


def insights(seen: Reflection) -> tuple[Insight, ...]:
    """All that follows, the gravest first; nothing from no entries."""
    if not seen.entries:
        return ()
    found = (_errors, _tools, _truncated, _unsure, _questions, _costs, _topics)
    return tuple(insight for part in found for insight in part(seen, len(seen.entries)))


def _errors(seen: Reflection, entries: int) -> Iterator[Insight]:
    failed = sum(group.count for group in seen.failures)
    if not failed:
        return
    first = seen.failures[0]
    share = f"{_share(first.count, failed)} of them {first.kind}" if len(seen.failures) > 1 else f"all {first.kind}"
    often = "More than one request in ten fails" if failed / entries > OFTEN else "Some requests fail"
    yield Insight("errors", f"{often}: {failed} of {entries}, {share}.")
    if len(first.models) == 1 and first.models[0] and len({entry.model for entry in seen.entries}) > 1:
        yield Insight("errors", f"{first.kind} happens with {first.models[0]} alone: another model may avoid it.")


def _tools(seen: Reflection, _: int) -> Iterator[Insight]:
    for use in seen.tools:
        if use.failures and use.calls >= LEAST_CALLS and use.failures / use.calls >= MOST_FAILING:
            text = f"The tool {use.name} fails in {_share(use.failures, use.calls)} of its {use.calls} calls."
            yield Insight("tools", text)
        if use.slow and use.p50 is not None:
            yield Insight("tools", f"The tool {use.name} is slow: {use.p50 / 1e6:.1f} s in the middle.")


def _truncated(seen: Reflection, entries: int) -> Iterator[Insight]:
    cut = len(seen.truncated)
    if cut:
        text = f"{cut} of {entries} replies were cut off at their limit of tokens: raise it, or ask for less."
        yield Insight("truncated", text)


def _unsure(seen: Reflection, _: int) -> Iterator[Insight]:
    low = len(seen.unsure.replies)
    if low:
        text = f"{low} of {seen.unsure.measured} replies with a confidence are below {seen.unsure.threshold:g}."
        yield Insight("low_confidence", text)


def _questions(seen: Reflection, _: int) -> Iterator[Insight]:
    for question in seen.questions[:1]:
        sessions = len({entry.session for entry in question.entries})
        where = f"in {sessions} sessions" if sessions > 1 else "in one session"
        text = f"One question was asked {len(question.entries)} times {where}: its answer may be worth keeping."
        yield Insight("repeated_questions", text)


def _costs(seen: Reflection, _: int) -> Iterator[Insight]:
    total = sum(entry.cost or 0 for entry in seen.entries)
    dear = sum(each.entry.cost or 0 for each in seen.outliers)
    if dear:
        text = f"{_share(dear, total)} of the cost is in {len(seen.outliers)} of {len(seen.entries)} requests."
        yield Insight("cost_outliers", text)


def _topics(seen: Reflection, _: int) -> Iterator[Insight]:
    rising = [topic.phrase for topic in seen.topics if topic.rising][:3]
    if rising:
        yield Insight("topics", f"More than before, it is about {', '.join(rising)}.")


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %"
