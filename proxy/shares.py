"""How a threshold is shared out among summaries, recalled passages and recent messages.

One setting for all kinds of conversation. What one part can't use goes to the recent messages.
"""

from __future__ import annotations

import msgspec

SUMMARY_MOST = 6_000
RECALL_MOST = 12_000
"""Tokens; of a large window, the most serves the recent messages."""


class Shares(msgspec.Struct, frozen=True):
    """Parts of a threshold.

    ``block`` is the part of ``recent`` that a closing takes away at least, ``leaf`` the part of ``summary`` that a new
    segment gets, ``fold`` the part of its children's tokens that a parent gets, ``casual`` the part of ``recall`` for a
    message that asks nothing. ``roomy``: a question may use what the recent messages don't fill yet.
    """

    summary: float
    recall: float
    block: float = 0.5
    leaf: float = 0.1
    fold: float = 0.5
    casual: float = 0.15
    roomy: bool = True


TALK = Shares(summary=0.1, recall=0.75)
TOOLS = Shares(summary=0.7, recall=0.05, leaf=0.2, fold=0.6, casual=0.25, roomy=False)

TOOLS_FROM = 0.2
"""From this share of its tokens in calls and results on, a conversation counts as one of tools."""


class Budget(msgspec.Struct, frozen=True):
    """What a request may use: nothing above ``threshold`` is forwarded, its system text and its last message aside.

    ``turns`` bounds the messages of a segment, 0 is no bound; the latest ``keep`` messages stay as far as they fit.
    """

    threshold: int
    recall: bool = True
    turns: int = 0
    keep: int = 0
    talk: Shares = TALK
    tools: Shares = TOOLS

    def shares(self, tools: int, total: int) -> Shares:
        """The shares for a conversation with so many tokens in tool calls."""
        return self.tools if tools > TOOLS_FROM * total else self.talk

    def summary(self, shares: Shares) -> int:
        """Tokens of all summaries."""
        return min(SUMMARY_MOST, int(shares.summary * self.threshold))

    def recent(self, shares: Shares) -> int:
        """Tokens that recent messages reach before a closing: all that the other parts don't get."""
        recall = min(RECALL_MOST, int(shares.recall * self.threshold)) if self.recall else 0
        return max(1, self.threshold - self.summary(shares) - recall - MARGIN)


MARGIN = 40
"""Tokens of what surrounds the parts."""
