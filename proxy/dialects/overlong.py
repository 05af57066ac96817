"""Errors which say that a conversation is too long for its model, in the words of those who say so."""

from __future__ import annotations

import re
from dataclasses import dataclass

STATUSES = frozenset({400, 413, 422})
"""Under other statuses nobody says it."""

_SAYS = re.compile(
    r"""
    context_length_exceeded | model_context_window_exceeded
    | prompt[ ]is[ ]too[ ]long | input[ ]is[ ]too[ ]long | input[ ]length[ ]and[ ].{0,20}max_tokens.{0,20}[ ]exceed
    | (?: maximum | max(?:imum)?[ ]model | model's(?:[ ]maximum)? )[ ]context[ ](?: length | window | size )
    | exceeds?[ ](?: the | this | your | its )?[ ]?(?: model's | available | maximum | configured )?[ ]?
      context[ ](?: length | window | size | limit )
    | context[ ](?: length | window | size | limit )[ ]?(?: is | was | has[ ]been )?[ ]?(?: exceeded | too[ ] )
    | maximum[ ]number[ ]of[ ](?: input[ ] )?tokens | input[ ]token[ ]count .{0,20} exceeds
    | maximum[ ]prompt[ ]length | too[ ]many[ ](?: input[ ] )?tokens | reduce[ ]the[ ]length[ ]of[ ]the[ ]messages
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LIMITS = (
    re.compile(r"(?P<used>\d+) tokens > (?P<limit>\d+) maximum", re.IGNORECASE),
    re.compile(
        r"(?:context (?:length|window|size)|prompt length)(?: (?:is|of))? (?P<limit>\d+)"
        r"(?:.{0,120}?(?:resulted in|requested|contains(?: at least)?|you used) (?:about )?(?P<used>\d+))?",
        re.IGNORECASE | re.DOTALL,
    ),
    re.compile(r"token count \(?(?P<used>\d+)\)? exceeds .{0,60}?\(?(?P<limit>\d+)\)?", re.IGNORECASE),
    re.compile(
        r"\(?(?P<used>\d+) tokens\)? exceeds .{0,40}?context (?:size|window|length) \(?(?P<limit>\d+)", re.IGNORECASE
    ),
)


@dataclass(frozen=True, slots=True)
class Overlong:
    """A request was too long. ``limit`` is the model's window and ``used`` what was sent, 0 where it isn't told."""

    limit: int = 0
    used: int = 0


def overlong(status: int, body: bytes) -> Overlong | None:
    """What an error says of a request's length; ``None`` where it is about something else."""
    text = body.decode("utf-8", "replace")
    if status not in STATUSES or not _SAYS.search(text):
        return None
    told = text.replace(",", "")
    for pattern in _LIMITS:
        found = pattern.search(told)
        if found:
            return Overlong(int(found["limit"]), int(found["used"] or 0))
    return Overlong()
