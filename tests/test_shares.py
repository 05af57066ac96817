"""Shares: what one part can't use goes to the recent messages."""

from __future__ import annotations

from proxy.shares import MARGIN, RECALL_MOST, SUMMARY_MOST, TALK, TOOLS, Budget


def test_the_parts_are_the_whole() -> None:
    budget = Budget(4000)
    for shares in (TALK, TOOLS):
        recall = int(shares.recall * 4000)
        assert budget.summary(shares) + recall + budget.recent(shares) + MARGIN == 4000


def test_without_recall_the_recent_messages_get_its_share() -> None:
    assert Budget(4000, recall=False).recent(TALK) == Budget(4000).recent(TALK) + 3000


def test_of_a_large_window_the_most_is_for_recent_messages() -> None:
    assert Budget(200_000).recent(TALK) == 200_000 - SUMMARY_MOST - RECALL_MOST - MARGIN


def test_the_smallest_threshold_leaves_something() -> None:
    assert Budget(1).recent(TALK) == 1


def test_calls_and_results_make_a_conversation_one_of_tools() -> None:
    assert Budget(1).shares(0, 100) is TALK
    assert Budget(1).shares(50, 100) is TOOLS
