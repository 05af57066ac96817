"""Entries -> a reflection: what was uncertain, failed, slow, cut off, asked again, or dear. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from proxy.reflection.entries import Entry, Tool
from proxy.reflection.spread import outliers, percentile
from proxy.reflection.topics import Topic
from proxy.reflection.words import normal

MOST = 10
ALIKE = 0.8
"""Questions that share so much of their words are the same one."""
LEAST_WORDS = 4
SLOW = 5_000_000
SLOWER = 3
CUT = frozenset({"length", "max_tokens", "max_output_tokens", "incomplete"})


@dataclass(frozen=True, slots=True)
class Unsure:
    """Replies whose confidence is below the threshold, the least sure first; over all that tell theirs."""

    threshold: float
    measured: int
    mean: float | None
    replies: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """Errors of one kind; ``latest`` is the last of them."""

    kind: str
    count: int
    models: tuple[str, ...]
    latest: Entry


@dataclass(frozen=True, slots=True)
class ToolUse:
    """How a tool did; times are microseconds from its call to the request that brought its result."""

    name: str
    calls: int
    failures: int
    p50: float | None
    p95: float | None
    slow: bool
    said: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question that was asked more than once."""

    text: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Outlier:
    """An entry that cost so many times what is usual."""

    entry: Entry
    times: float


@dataclass(frozen=True, slots=True)
class Reflection:
    """All of it. ``entries`` is what it rests on."""

    entries: tuple[Entry, ...]
    unsure: Unsure
    failures: tuple[Failure, ...]
    topics: tuple[Topic, ...]
    tools: tuple[ToolUse, ...]
    truncated: tuple[Entry, ...]
    questions: tuple[Question, ...]
    outliers: tuple[Outlier, ...]


def reflection(entries: Sequence[Entry], topics: Sequence[Topic], threshold: float) -> Reflection:
    """Look at entries, the latest first."""
    return Reflection(
        entries=tuple(entries),
        unsure=unsure(entries, threshold),
        failures=failures(entries),
        topics=tuple(topics),
        tools=tool_uses(entries),
        truncated=tuple(entry for entry in entries if entry.finish_reason in CUT),
        questions=questions(entries),
        outliers=dear(entries),
    )


def unsure(entries: Iterable[Entry], threshold: float) -> Unsure:
    """The replies that are less sure than the threshold."""
    told = [(entry.confidence, entry) for entry in entries if entry.confidence is not None]
    low = sorted(((sure, entry) for sure, entry in told if sure < threshold), key=lambda pair: pair[0])
    mean = fmean(sure for sure, _ in told) if told else None
    return Unsure(threshold, len(told), mean, tuple(entry for _, entry in low[:MOST]))


def kind(entry: Entry) -> str:
    """What went wrong in an entry: the error's code or type, its status, or how it ended."""
    named = entry.error_code or entry.error_type
    if named:
        return named
    return f"status {entry.status}" if entry.status >= 400 else entry.ending


def failures(entries: Iterable[Entry]) -> tuple[Failure, ...]:
    """The errors by their kinds, the most frequent first."""
    kinds: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.failed:
            kinds[kind(entry)].append(entry)
    groups = [
        Failure(name, len(group), tuple(sorted({entry.model for entry in group})), group[0])
        for name, group in kinds.items()
    ]
    return tuple(sorted(groups, key=lambda group: (-group.count, group.kind)))


def tool_uses(entries: Iterable[Entry]) -> tuple[ToolUse, ...]:
    """The tools, those that fail or are slow first."""
    names: dict[str, list[Tool]] = defaultdict(list)
    for entry in entries:
        for tool in entry.tools:
            names[tool.name].append(tool)
    times = [tool.micros for calls in names.values() for tool in calls if tool.micros is not None]
    usual = percentile(times, 0.5) if times else 0
    uses = [_use(name, calls, usual) for name, calls in names.items()]
    return tuple(sorted(uses, key=lambda use: (-use.failures, not use.slow, -use.calls, use.name)))


def _use(name: str, calls: Sequence[Tool], usual: float) -> ToolUse:
    times = [tool.micros for tool in calls if tool.micros is not None]
    middle, most = (percentile(times, 0.5), percentile(times, 0.95)) if times else (None, None)
    failed = [tool for tool in calls if tool.ok is False]
    slow = middle is not None and middle > SLOW and middle >= min(SLOWER * usual, 6 * SLOW)
    return ToolUse(name, len(calls), len(failed), middle, most, slow, failed[0].said if failed else "")


def questions(entries: Iterable[Entry]) -> tuple[Question, ...]:
    """Questions that are equal or nearly so, the most frequent first; a retry is no other question."""
    groups: list[tuple[str, frozenset[str], list[Entry]]] = []
    for entry in entries:
        said = normal(entry.question)
        if not said or entry.retry:
            continue
        words = frozenset(said.split())
        group = next((each for each in groups if _alike(each[:2], (said, words))), None)
        if group is None:
            groups.append((said, words, [entry]))
        else:
            group[2].append(entry)
    repeated = [Question(group[0].question, tuple(group)) for _, _, group in groups if len(group) > 1]
    return tuple(sorted(repeated, key=lambda each: -len(each.entries))[:MOST])


def _alike(one: tuple[str, frozenset[str]], other: tuple[str, frozenset[str]]) -> bool:
    if one[0] == other[0]:
        return True
    if min(len(one[1]), len(other[1])) < LEAST_WORDS:
        return False
    return len(one[1] & other[1]) / len(one[1] | other[1]) >= ALIKE


def dear(entries: Sequence[Entry]) -> tuple[Outlier, ...]:
    """Entries that cost far more than the others, the dearest first."""
    far = outliers([float(entry.cost or 0) for entry in entries])
    found = [Outlier(entries[place], round(times, 1)) for place, times in far]
    return tuple(sorted(found, key=lambda each: -each.times)[:MOST])
