"""A reflection as a page."""

from __future__ import annotations

from proxy.reflection.entries import Entry, Tool
from proxy.reflection.markdown import markdown
from proxy.reflection.report import reflection
from proxy.reflection.topics import Topic


def test_nothing_seen_is_a_short_page() -> None:
    assert markdown(reflection([], [], 0.5)) == "# Reflection\n\nOver 0 requests.\n"


def test_each_part_has_its_heading_and_what_is_recorded_is_no_markup() -> None:
    tools = (Tool("run_it", False, 1_500_000, "Error"), Tool("new"))
    entries = [Entry(str(at), model="gpt", cost=1000 + at) for at in range(9)]
    entries += [
        Entry("a", model="gpt", error_code="limit", error_message="# [no](x) <b>", cost=10_000_000, tools=tools),
        Entry("b", model="gpt", status=500, finish_reason="length", confidence=0.25, answer="So " * 100),
        Entry("c", question="What *now*?"),
        Entry("d", question="What now"),
    ]
    page = markdown(reflection(entries, [Topic("rate limiter", 3, 9.0, rising=True)], 0.5))
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings == [
        "# Reflection",
        "## Insights",
        "## Errors",
        "## Tools",
        "## Replies of low confidence",
        "## Replies that were cut off",
        "## Questions asked again",
        "## Costs out of line",
        "## Topics",
    ]
    assert r"- 1 × limit: \# \[no\](x) \<b\>" in page  # noqa: RUF001
    assert r"- run\_it: 1 call, 1 failed, p50 1.5 s, p95 1.5 s" in page
    assert "- new: 1 call\n" in page
    assert r"- 2 times: What \*now\*?" in page
    assert "$0.0100, 1e+04 times" not in page
    assert "- rate limiter: 3 entries, rising" in page
    assert "- 0.25: gpt, b: So So" in page
    assert "- 1 × status 500\n" in page  # noqa: RUF001
