"""What a caller may ask to go wrong, and how it asks.

Knows the grammar of the `x-standin` header and of the `[[status=429;retry_after=2]]` directive. Does nothing about
them: the frames, the answers and the delivery each read the wishes that concern them.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import unquote

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]
Coding = Literal["gzip", "deflate", "br", "zstd"]


class FaultsError(ValueError):
    """The header or the directive asks for something that the stand-in doesn't know."""


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request's wishes; the default is a well-behaved answer."""

    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    retry_after: str | None = None  # seconds, or a date
    times: Count | None = None  # misbehave only for the first N requests that ask for the same
    headers: str | None = None  # more response headers, `name: value` lines
    delay: Annotated[float, msgspec.Meta(ge=0)] = 0.0  # seconds before the head and before each frame
    silent: bool = False  # not even a head, until the client leaves
    pause: Count | None = None  # after N frames (bytes, when not streaming), until released
    cut: Count | None = None  # after N frames (bytes, when not streaming), drop the connection
    chop: Annotated[int, msgspec.Meta(ge=1)] | None = (
        None  # write a stream in pieces of N bytes; they then count as frames
    )
    encoding: Coding | None = None
    text: str | None = None
    size: Count | None = None  # characters of the reply's text
    frames: Count | None = None  # frames that carry the text
    tool: str | None = None
    reasoning: bool = False
    refusal: bool = False
    failed: bool = False  # of a response: no answer, but an error in its place
    incomplete: bool = False  # of a response: cut off for its length
    polls: Count | None = None  # of a response made in the background: so many fetches before it is done
    strict: bool = False  # refuse what the strictest providers refuse
    window: Count | None = None  # refuse requests of more tokens
    plain: bool = False  # answer `stream: true` with plain JSON
    error_after: Count | None = None  # an error object in place of the frames after the Nth
    no_done: bool = False
    no_finish: bool = False
    crlf: bool = False
    tool_index: Literal["missing", "zero", "drift"] | None = None
    usage: Literal["every", "never", "with_choices"] | None = None


WELL_BEHAVED = Faults()
_NAMES = frozenset(Faults.__struct_fields__)
_DIRECTIVE = re.compile(r"\[\[\s*([a-z_]+)\s*([=;][^\[\]]*)?\]\]")


def wishes(text: str) -> dict[str, str]:
    """Read `status=429;retry_after=2;no_done`; a bare name means yes."""
    pairs = (item.partition("=") for item in text.split(";") if item.strip())
    return {name.strip(): unquote(value.strip()) if equals else "true" for name, equals, value in pairs}


def directive(text: str) -> tuple[str, dict[str, str]]:
    """Part a user's message from the directives in it: `[[…]]` that opens with a name we know; others are just text."""
    asked: dict[str, str] = {}

    def take(match: re.Match[str]) -> str:
        if match[1] not in _NAMES:
            return match[0]
        asked.update(wishes(match[0][2:-2]))
        return ""

    rest = _DIRECTIVE.sub(take, text) if "[[" in text else text
    return (rest.strip() if asked else rest), asked


def read(asked: Mapping[str, str]) -> Faults:
    """Check the wishes; FaultsError names the first that makes no sense."""
    if not asked:
        return WELL_BEHAVED
    try:
        return msgspec.convert(asked, Faults, strict=False)
    except msgspec.ValidationError as error:
        message = f"x-standin: {error}; known are {', '.join(Faults.__struct_fields__)}"
        raise FaultsError(message) from error
