"""A reflection as Markdown that reads well. Pure.

What was recorded stands in it as text: nothing of it is a link, a heading or markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from proxy.reflection.entries import Entry
from proxy.reflection.insights import insights
from proxy.reflection.report import Outlier, Reflection
from proxy.reflection.topics import Topic

MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
LONGEST = 120


def markdown(seen: Reflection) -> str:
    """The whole page; parts with nothing in them are left out."""
    parts = [
        ("Insights", [f"- {_text(insight.text, 400)}" for insight in insights(seen)]),
        ("Errors", list(_failures(seen))),
        ("Tools", list(_tools(seen))),
        ("Replies of low confidence", [f"- {each.confidence:.2f}: {_entry(each)}" for each in seen.unsure.replies]),
        ("Replies that were cut off", [f"- {_entry(each)}" for each in seen.truncated]),
        ("Questions asked again", [f"- {len(each.entries)} times: {_text(each.text)}" for each in seen.questions]),
        ("Costs out of line", [f"- {_dear(each)}" for each in seen.outliers]),
        ("Topics", [f"- {_topic(each)}" for each in seen.topics]),
    ]
    head = f"# Reflection\n\nOver {len(seen.entries)} requests.\n"
    return head + "".join(_part(title, lines) for title, lines in parts if lines)


def _part(title: str, lines: Iterable[str]) -> str:
    return f"\n## {title}\n\n" + "\n".join(lines) + "\n"


def _failures(seen: Reflection) -> Iterator[str]:
    for group in seen.failures:
        said = _text(group.latest.error_message)
        yield f"- {group.count} × {_text(group.kind)}" + (f": {said}" if said else "")  # noqa: RUF001 (it is meant)


def _tools(seen: Reflection) -> Iterator[str]:
    for use in seen.tools:
        times = ""
        if use.p50 is not None and use.p95 is not None:
            times = f", p50 {use.p50 / 1e6:.1f} s, p95 {use.p95 / 1e6:.1f} s"
        failed = f", {use.failures} failed" if use.failures else ""
        yield f"- {_text(use.name)}: {use.calls} call{'s' * (use.calls != 1)}{failed}{times}{', slow' * use.slow}"


def _entry(entry: Entry) -> str:
    said = entry.question or entry.answer
    return f"{_text(entry.model)}, {_text(entry.id)}" + (f": {_text(said)}" if said else "")


def _dear(each: Outlier) -> str:
    return f"{_dollars(each.entry.cost)}, {each.times:g} times the usual: {_entry(each.entry)}"


def _topic(each: Topic) -> str:
    return f"{_text(each.phrase)}: {each.entries} entries{', rising' * each.rising}"


def _dollars(nano: int | None) -> str:
    return f"${(nano or 0) / 1e9:.4f}"


def _text(text: str, most: int = LONGEST) -> str:
    """One line in which nothing is markup."""
    line = " ".join(text[: 4 * most].split())
    return MARKUP.sub(r"\\\1", line if len(line) <= most else line[: most - 1] + "…")
