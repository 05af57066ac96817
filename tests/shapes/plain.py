"""Shapes as a program reads them."""

from typing import Any

import msgspec


def plain(shape: object) -> Any:
    """The JSON of a shape, read."""
    return msgspec.json.decode(msgspec.json.encode(shape))
