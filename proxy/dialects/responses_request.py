"""The body of a request to the Responses API, cut where its input stands.

The cut is exact or it is not made: ``before``, the messages with what separates them, and ``after`` are the body. A
message may span several items, with the bytes between them; an input that is only text is one message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

import msgspec

from proxy.dialects.dialect import Unparsed
from proxy.dialects.envelope import present, read_ids
from proxy.dialects.jsontext import REFUSALS, elements, load, members, spans, text_of
from proxy.dialects.responses_items import kinds_of
from proxy.messages import Request, Role

Cut = tuple[int, int]

_SPACE = b" \t\n\r"
_SEPARATOR = re.compile(rb"[ \t\n\r]*,[ \t\n\r]*")
# To seek a long text costs a look at all of it, even where it stands at once.
_HEAD = 64
# The same bytes may stand elsewhere in the body, too; beyond so many, the exact way is as quick.
_TRIES = 8


class _Probe(msgspec.Struct):
    input: bool


_PROBE = msgspec.json.Decoder(_Probe)


def parse(body: bytes) -> Request:
    """Read a request. Raises ``Unparsed`` for JSON that is none, and for what is no JSON."""
    try:
        return _request(body, members(body))
    except (ValueError, RecursionError) as error:
        message = "the body is no request that can be read"
        raise Unparsed(message) from error


def _request(body: bytes, fields: Mapping[str, bytes]) -> Request:
    model, given = text_of(load(fields.get("model", b"null"))), present(fields.get("input"))
    if not model and given is None:
        message = "the body names no model and has no input"
        raise Unparsed(message)
    cuts = _cuts(body, given) if given is not None else []
    first, last = (cuts[0][0], cuts[-1][1]) if cuts else (len(body), len(body))
    return Request(
        model=model,
        stream=fields.get("stream") == b"true",
        raws=tuple(body[start:end] for start, end in cuts),
        before=body[:first],
        after=body[last:],
        separators=tuple(body[end:start] for (_, end), (start, _) in pairwise(cuts)),
        tools=present(fields.get("tools")),
        system=_instructions(fields),
        asks_usage=True,  # nobody has to ask: the last event of a stream always tells it
        ids=read_ids(fields),
        previous=text_of(load(fields.get("previous_response_id", b"null"))),
        follows=present(fields.get("conversation")) is not None,
    )


def _instructions(fields: Mapping[str, bytes]) -> bytes | None:
    given = present(fields.get("instructions"))
    return None if given in (b'""', b"[]") else given


def _cuts(body: bytes, given: bytes) -> list[Cut]:
    """Where the messages stand in the body."""
    if not given.startswith((b'"', b"[")):
        message = "the input is neither text nor a list"
        raise Unparsed(message)
    base = _place(body, given)
    if given.startswith(b'"'):
        return [(base, base + len(given))]
    items = _items(given)
    if any(given[start] != ord("{") for start, _ in items):
        message = "an item is no object"
        raise Unparsed(message)
    return [(base + start, base + end) for start, end in _grouped(given, items)]


def _place(body: bytes, given: bytes) -> int:
    """Where the input stands."""
    at = -1
    for _ in range(_TRIES):
        at = body.find(given[:_HEAD], at + 1)
        if at < 0:
            break
        if body.startswith(given, at) and _is_input(body, at, at + len(given)):
            return at
    return [start for key, start, _ in spans(body, "{") if key == "input"][-1]


def _is_input(body: bytes, start: int, end: int) -> bool:
    """Whether ``input`` is no text and no list any more with ``true`` in that place."""
    try:
        _PROBE.decode(body[:start] + b"true" + body[end:])
    except REFUSALS:
        return False
    return True


def _items(given: bytes) -> list[Cut]:
    """Where the items stand in the list. Most write the same between all of them, which is then found in one look."""
    raws = elements(given)
    if not raws:
        return []
    start = given.find(raws[0][:1])
    found = _SEPARATOR.match(given, start + len(raws[0])) if len(raws) > 1 else None
    separator = found[0] if found else b""
    joined = separator.join(raws)
    usual = given.startswith(joined, start) and given[1:start].strip(_SPACE) == b""
    if not usual or given[start + len(joined) :].strip(_SPACE) != b"]":
        return [(first, last) for _, first, last in spans(given, "[")]
    cuts = []
    for raw in raws:
        cuts.append((start, start + len(raw)))
        start += len(raw) + len(separator)
    return cuts


def _grouped(given: bytes, items: Iterable[Cut]) -> list[Cut]:
    """The items as messages: those of the model that follow one another are one."""
    groups: list[Cut] = []
    goes_on = False
    for (start, end), kind in zip(items, kinds_of(given), strict=True):
        answers = kind.speaker is Role.ASSISTANT
        if answers and goes_on:
            groups[-1] = groups[-1][0], end
        else:
            groups.append((start, end))
        goes_on = answers
    return groups
