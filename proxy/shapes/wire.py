"""What a message's or a system prompt's verbatim bytes say to a person.

Reads any bytes: what isn't JSON, or has another layout, yields nothing rather than an error. The text that is stored
with a message is for searching: names and arguments of its calls stand in it too, so the bytes are asked first.
"""

import re
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

Kind = TypeVar("Kind")
_MEDIUM = re.compile(r"\[[^\[\]\"]* #[0-9a-f]{8}(?:, not kept)?\]")
_TEXT_KINDS = frozenset(
    {"", "text", "input_text", "output_text", "refusal", "thinking", "redacted_thinking", "tool_use", "tool_result"}
)
"""What is shown as text, as a thought or as a call."""


class _Message(msgspec.Struct, frozen=True):
    """The fields of a message, or of a part of one that stands alone, that a person may want to read."""

    type: Any = None
    text: Any = None
    content: Any = None
    output: Any = None
    summary: Any = None
    refusal: Any = None
    images: Any = None
    audio: Any = None
    reasoning: Any = None
    reasoning_content: Any = None
    thinking: Any = None


@dataclass(frozen=True, slots=True)
class Said:
    """A message's text, the model's thoughts, its refusal, and the kinds of content that are no text."""

    text: str = ""
    thoughts: str = ""
    refusal: str = ""
    kinds: tuple[str, ...] = ()


def read_message(body: bytes) -> Said:
    """Read a message, which may be several items in a row, or only text."""
    pieces = [_said(piece) for piece in _decode(b"[" + body + b"]", list[_Message | str]) or ()]
    return Said(
        "".join(said.text for said in pieces),
        "\n\n".join(said.thoughts for said in pieces if said.thoughts),
        "".join(said.refusal for said in pieces),
        tuple(kind for said in pieces for kind in said.kinds),
    )


def _said(piece: _Message | str) -> Said:
    if isinstance(piece, str):
        return Said(piece)
    if piece.type == "reasoning":
        return Said(thoughts=_joined(piece.content or piece.summary))
    content = piece.content if piece.output is None else piece.output
    items = _items(content)
    thoughts = [piece.reasoning_content or piece.reasoning, piece.thinking, *map(_thought, items)]
    kinds = [_medium(part) or _kind(part) for part in items]
    kinds += [_medium(part) for part in (*_items(piece.images), piece.audio)]
    shown = [kind for kind in kinds if kind not in _TEXT_KINDS]
    shown += [piece.type] if piece.type in _ALONE else []
    text = _text(piece.text) or _joined(content)
    return Said(text, "".join(map(_text, thoughts)), _text(piece.refusal), tuple(shown))


_ALONE = ("image", "document", "search_result")


def _thought(part: object) -> object:
    return part.get("thinking") if isinstance(part, dict) else None


def system_text(data: bytes) -> str:
    """Read a system prompt, which is plain text, or a message of it, or a list of such messages."""
    value = _decode(data, object)
    texts = [_content(item) for item in (value if isinstance(value, list) else [value])]
    return "\n\n".join(filter(None, texts)) or data.decode(errors="replace")


def verbatim(body: bytes) -> msgspec.Raw | str:
    """The bytes as they are where they are JSON, to stand in other JSON; else the text that they nearly are."""
    raw = _decode(body, msgspec.Raw)
    return body.decode(errors="replace") if raw is None else msgspec.Raw(body.decode(errors="replace").encode())


def _decode(body: bytes, kind: type[Kind]) -> Kind | None:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _content(item: object) -> str:
    return _joined(item.get("content", item.get("text")) if isinstance(item, dict) else item)


def _joined(content: object) -> str:
    return "".join(_text(part.get("text") if isinstance(part, dict) else part) for part in _items(content))


def _items(content: object) -> list[Any]:
    return content if isinstance(content, list) else [content]


def _kind(part: object) -> str:
    return _text(part.get("type")) if isinstance(part, dict) else ""


def _medium(part: object) -> str:
    """What stands for an image or a sound in a part: ``[image 640x480 png 12 KB #1a2b3c4d]``."""
    if not isinstance(part, dict) or isinstance(part.get("text"), str):
        return ""
    found = _MEDIUM.search(msgspec.json.encode(part).decode())
    return found[0] if found else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
