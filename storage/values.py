"""What all records and views are: frozen values of bytes, text and integers."""

from __future__ import annotations

import msgspec


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """The base of all records."""
