"""Token counts, with no network: of a text, of a chat message, of a list of tools.

``Tokenizer`` holds the encodings and counts text; what a message or a tool adds to its text is arithmetic over decoded
JSON, pure, and the published one for OpenAI's chat models. Nothing here raises on odd JSON or odd text, and base64 is
never tokenised. An upstream's own ``usage`` is the truth; these counts stand in for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from threading import Lock
from typing import Any

import tiktoken

from proxy.images import JPEG_HEAD, UNKNOWN, image_tokens
from proxy.vocabularies import CL100K, O200K, VOCABULARIES

MESSAGE_OVERHEAD = 3
ROLE_TOKENS = 1
NAME_OVERHEAD = 1
REPLY_OVERHEAD = 3
"""What a request adds once, for the head of the reply to come."""

AUDIO_TOKENS = 600
"""Flat estimate of an audio part: a minute, at ten tokens a second. Its length would have to be decoded."""
FILE_TOKENS = 1500
"""Flat estimate of a file, document or video part: a couple of pages."""

TOOL_OPENS = {O200K.name: 7, CL100K.name: 10}
TOOLS_CLOSE = 12
PROPERTIES_OPEN = 3
PROPERTY_KEY = 3
ENUM_OPENS = -3
ENUM_ITEM = 3

Count = Callable[[str], int]

# On a run of a million spaces tiktoken panics, with what is no Exception; a piece of this many characters is safe.
_PIECE = 20_000
_COUNTED = 50 * _PIECE
"""Of a longer text, no more than so many characters are counted: a third of a second at most."""
_SCHEMA_DEPTH = 16
_CL100K_MODEL = re.compile(r"(?:^|/)(?:ft:)?(?:gpt-4(?![.o\d])|gpt-3\.?5|text-embedding|davinci-002|babbage-002)")


LONGEST_NAME = 256


def encoding_for(model: str | None) -> str:
    """The name of the vocabulary that a model uses; unknown models count as today's."""
    return _encoding(model[:LONGEST_NAME] if model else "")


@lru_cache(maxsize=1024)
def _encoding(model: str) -> str:
    return CL100K.name if _CL100K_MODEL.search(model.lower()) else O200K.name


ALONE = frozenset({"text", "image", "document", "search_result", "tool_use", "tool_result"})
"""Parts that may stand without a message around them."""
ROLES = frozenset({"system", "user", "assistant", "tool", "developer", "function"})
"""Each is one token, in every vocabulary here, and stands in every message."""


class Tokenizer:
    """Encodings, each loaded when it is first needed. Safe to share between threads.

    Loading takes a quarter of a second, counting a millisecond per 15 KB with the GIL released: callers on an event
    loop load early and count long texts in a thread.
    """

    __slots__ = ("_encodings", "_loading")

    def __init__(self) -> None:
        self._encodings: dict[str, tiktoken.Encoding] = {}
        self._loading = Lock()

    def load(self, name: str) -> tiktoken.Encoding:
        """The encoding of that name; ``KeyError`` if no such vocabulary ships."""
        encoding = self._encodings.get(name)
        if encoding is None:
            with self._loading:
                encoding = self._encodings.get(name) or _build(name)
                self._encodings[name] = encoding
        return encoding

    def count(self, text: str, model: str | None = None) -> int:
        """The tokens of a text as that model reads it; what looks like a special token counts as plain text."""
        if len(text) < 10 and text in ROLES:
            return ROLE_TOKENS
        encode = self.load(encoding_for(model)).encode_ordinary
        if len(text) <= _PIECE:
            return len(encode(text))
        if len(text) > _COUNTED:
            return sum(len(encode(piece)) for piece in spread(text)) * len(text) // _COUNTED
        return sum(len(encode(piece)) for piece in pieces(text))


def _build(name: str) -> tiktoken.Encoding:
    vocabulary = VOCABULARIES[name]
    ranks = vocabulary.ranks()
    encoding = tiktoken.Encoding(
        name,
        pat_str=vocabulary.pattern,
        mergeable_ranks=ranks,
        special_tokens=dict(vocabulary.special_tokens),
    )
    # The encoding has made its own table of them and keeps this one only to be pickled: 22 MB for o200k_base.
    ranks.clear()
    return encoding


def pieces(text: str, limit: int = _PIECE) -> Iterator[str]:
    """The text in pieces of at most ``limit`` characters, cut before a space or after a newline where there is one."""
    start = 0
    while len(text) - start > limit:
        end = start + limit
        cut = max(text.rfind(" ", start + 1, end), text.rfind("\n", start, end) + 1)
        cut = cut if cut > start else end
        yield text[start:cut]
        start = cut
    yield text[start:]


def spread(text: str) -> Iterator[str]:
    """Pieces from all over a text that is too long to be counted: the rest is taken to be like them."""
    starts = _COUNTED // _PIECE
    for number in range(starts):
        start = number * (len(text) - _PIECE) // (starts - 1)
        yield text[start : start + _PIECE]


def text_tokens(text: str, count: Count) -> int:
    """The tokens of a chat message that is a role and a text."""
    return MESSAGE_OVERHEAD + ROLE_TOKENS + (count(text) if text else 0)


def message_tokens(message: object, count: Count) -> int:
    """The tokens of one chat message, or of an item of a response, as decoded JSON; 0 for what is no object or text."""
    if isinstance(message, str):
        return MESSAGE_OVERHEAD + count(message)
    if not isinstance(message, dict):
        return 0
    if "role" not in message and _is_one_of(message.get("type"), ALONE):
        return MESSAGE_OVERHEAD + _part(message, count)
    if "role" not in message and not _CALLED.isdisjoint(message):
        return MESSAGE_OVERHEAD + _call(message, count)
    total = MESSAGE_OVERHEAD + sum(_content(message.get(key), count) for key in ("content", "output", "summary"))
    total += sum(_text(message.get(key), count) for key in ("role", "refusal"))
    if isinstance(name := message.get("name"), str) and name:
        total += NAME_OVERHEAD + count(name)
    calls = [*_list(message.get("tool_calls")), message.get("function_call")]
    return total + sum(_call(call, count) for call in calls if isinstance(call, dict))


_CALLED = frozenset({"arguments", "input", "action"})


def _content(content: object, count: Count) -> int:
    if isinstance(content, dict):
        return _part(content, count)
    if isinstance(content, list):
        return sum(_part(part, count) for part in content)
    return _text(content, count)


def _part(part: object, count: Count) -> int:
    if not isinstance(part, dict):
        return _text(part, count)
    match part.get("type"):
        case "image_url" | "input_image" | "computer_screenshot":
            return _image(part)
        case "input_audio" | "audio":
            return AUDIO_TOKENS
        case "file" | "input_file" | "video_url":
            return FILE_TOKENS
        case _:
            return _block(part, count)


def _image(part: dict[str, Any]) -> int:
    """Chat has ``{"image_url": {"url", "detail"}}``, others ``{"image_url": "…", "detail"}``."""
    image = part.get("image_url")
    fields = image if isinstance(image, dict) else {"url": image, "detail": part.get("detail")}
    url, detail = fields.get("url"), fields.get("detail")
    return image_tokens(url if isinstance(url, str) else "", detail if isinstance(detail, str) else "auto")


def _block(part: dict[str, Any], count: Count) -> int:
    """A part as Anthropic has them, or with text in it."""
    source = _object(part.get("source"))
    match part.get("type"):
        case "image":
            return _sourced_image(source)
        case "tool_use":
            return _call(part, count)
        case "tool_result" | "search_result":
            return _content(part.get("content"), count)
        case "document":
            textual = _is_one_of(source.get("type"), _TEXTUAL)
            return _text(source.get("data"), count) + _content(source.get("content"), count) if textual else FILE_TOKENS
        case _:
            return _text(part.get("text"), count) + _text(part.get("refusal"), count)


def _sourced_image(source: dict[str, Any]) -> int:
    """Anthropic's; of its data no more is joined than the size can stand in."""
    data = source.get("data")
    if not isinstance(data, str):
        return UNKNOWN
    return image_tokens(f"data:{source.get('media_type')};base64,{data[:JPEG_HEAD]}")


_TEXTUAL = frozenset({"text", "content"})


def _call(call: dict[str, Any], count: Count) -> int:
    """Names and arguments of a function call, a custom tool's call or the legacy ``function_call``."""
    called = _object(call.get("function") or call.get("custom") or call)
    arguments = called.get("arguments", called.get("input", called.get("action")))
    if isinstance(arguments, (dict, list)):
        arguments = json.dumps(arguments, ensure_ascii=False)
    return _text(called.get("name"), count) + _text(arguments, count)


def tools_tokens(tools: object, count: Count, encoding: str = O200K.name) -> int:
    """The tokens of a request's tools (or legacy functions), given as decoded JSON."""
    opens = TOOL_OPENS.get(encoding, TOOL_OPENS[O200K.name])
    total = sum(opens + _tool(tool, count) for tool in _list(tools) if isinstance(tool, dict))
    return total + TOOLS_CLOSE if total else 0


def _tool(tool: dict[str, Any], count: Count) -> int:
    function = _object(tool.get("function") or tool.get("custom") or tool)
    line = f"{_line(function.get('name'))}:{_line(function.get('description'))}"
    return count(line) + _properties(_object(function.get("parameters") or function.get("input_schema")), count)


def _properties(schema: dict[str, Any], count: Count, depth: int = 0) -> int:
    """A schema's properties; those of nested objects and of items count by the same rule."""
    properties = _object(schema.get("properties"))
    if not properties or depth > _SCHEMA_DEPTH:
        return 0
    return PROPERTIES_OPEN + sum(_property(key, _object(value), count, depth) for key, value in properties.items())


def _property(key: str, value: dict[str, Any], count: Count, depth: int) -> int:
    total = PROPERTY_KEY + count(f"{key}:{_line(value.get('type'))}:{_line(value.get('description'))}")
    if isinstance(choices := value.get("enum"), list):
        total += ENUM_OPENS + sum(ENUM_ITEM + count(_line(choice)) for choice in choices)
    return total + sum(_properties(_object(inner), count, depth + 1) for inner in (value, value.get("items")))


def _line(value: object) -> str:
    """A schema's word as the model sees it: a description loses its full stop, a list of types is joined."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "" if value is None else str(value).removesuffix(".")


def _text(value: object, count: Count) -> int:
    return count(value) if isinstance(value, str) and value else 0


def _is_one_of(value: object, names: frozenset[str]) -> bool:
    return isinstance(value, str) and value in names


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
