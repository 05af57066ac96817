"""What was forwarded of a request in place of all, as programs read it."""

from __future__ import annotations

import msgspec

from proxy.kept import plan_of
from storage.records import PlanRow


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A text at a message: recalled passages in front of it, or what is left of a tool's result."""

    message: int
    text: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Messages count from the first of the client's list, which is 0; of ``kept`` pairs the second is no part.

    ``record`` are the summaries that stand for what isn't kept, ``asked`` what the system said last, as a user's.
    """

    sent_tokens: int
    forwarded_tokens: int
    kept: list[tuple[int, int]]
    record: str | None
    recalled: list[Placed]
    shortened: list[Placed]
    asked: str | None


def plan(row: PlanRow) -> Plan:
    """What was forwarded in place of all."""
    made = plan_of(row)
    return Plan(
        sent_tokens=row.sent_tokens,
        forwarded_tokens=row.forwarded_tokens,
        kept=list(made.spans),
        record=made.head or None,
        recalled=[Placed(message=one.at, text=one.text) for one in made.inserts],
        shortened=[Placed(message=one.at, text=one.text) for one in made.clips],
        asked=made.asked or None,
    )
