"""Values that a database can hold. Text from the wire may have lone surrogates, numbers may have any size.

Bytes are left alone: what a message was is kept in its body.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

LARGEST = 2**63 - 1
NOTHING = "\N{REPLACEMENT CHARACTER}"

T = TypeVar("T", bound=msgspec.Struct)


def clean_text(text: str) -> str:
    """Text without NUL, surrogates in pairs joined, lone ones replaced."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", NOTHING)


def cleaned(record: T) -> T:
    """The record, with all its text clean and all its numbers within 64 bits."""
    return type(record)(*(_clean(getattr(record, field)) for field in record.__struct_fields__))


def _clean(value: object) -> object:
    match value:
        case str():
            clean: object = clean_text(value)
        case int():
            clean = max(-LARGEST, min(LARGEST, value)) if abs(value) > LARGEST else value
        case tuple():
            clean = tuple(map(_clean, value))
        case dict():
            clean = {_clean(key): _clean(item) for key, item in value.items()}
        case msgspec.Struct():
            clean = cleaned(value)
        case _:
            clean = value
    return clean
