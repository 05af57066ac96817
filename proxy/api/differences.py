"""What differs between the body that a client sent and the one that the model was given. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from proxy.dialects.jsontext import REFUSALS

LISTS = ("messages", "input")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A top-level field that differs; what is missing is null."""

    name: str
    sent: Any
    forwarded: Any


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Of the messages, ``same_before`` and ``same_after`` stand at both ends as they came; ``removed`` ones in between
    were replaced by the ``added`` ones."""

    changed: bool
    sent_bytes: int
    forwarded_bytes: int
    fields: list[Field]
    same_before: int
    same_after: int
    removed: list[Any]
    added: list[Any]


def difference(sent: bytes, forwarded: bytes) -> Difference:
    """Compare two bodies, by fields and messages."""
    one, other = ({}, {}) if sent == forwarded else (_fields(sent), _fields(forwarded))
    ours, theirs = _messages(one), _messages(other)
    shorter = min(len(ours), len(theirs))
    before = next((at for at in range(shorter) if ours[at] != theirs[at]), shorter)
    rest = shorter - before
    after = next((at for at in range(rest) if ours[-1 - at] != theirs[-1 - at]), rest)
    names = [name for name in {**one, **other} if name not in LISTS and one.get(name) != other.get(name)]
    return Difference(
        changed=sent != forwarded,
        sent_bytes=len(sent),
        forwarded_bytes=len(forwarded),
        fields=[Field(name=name, sent=one.get(name), forwarded=other.get(name)) for name in names],
        same_before=before,
        same_after=after,
        removed=ours[before : len(ours) - after],
        added=theirs[before : len(theirs) - after],
    )


def _fields(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        return msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except REFUSALS:
        return {}


def _messages(fields: dict[str, msgspec.Raw]) -> list[msgspec.Raw]:
    listed = next((fields[name] for name in LISTS if bytes(fields.get(name, b"")).startswith(b"[")), None)
    return [] if listed is None else msgspec.json.decode(listed, type=list[msgspec.Raw])
