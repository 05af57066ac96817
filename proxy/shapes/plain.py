"""Recorded text -> text that a terminal can do no harm with.

What was recorded is hostile: it may hold escape sequences, characters that turn the writing round, and markup.
Everything that the command line prints of it goes through here, and never through anything that reads markup.
"""

import re

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SEPARATORS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# C0 without tab and newline, DEL and C1; marks that reverse or isolate the direction of writing; the byte order mark.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def clean(text: str) -> str:
    """Keep the letters, tabs and line ends; drop what steers a terminal."""
    text = _CONTROLS.sub("", _SEPARATORS.sub("\n", text))
    return _SURROGATES.sub(_REPLACEMENT, text)


def one_line(text: str, limit: int = 0) -> str:
    """Fold all white space; cut what is longer than the limit, if there is one."""
    head = text[: limit * 4] if limit else text
    line = " ".join(clean(head).split())
    if limit and (len(line) > limit or len(head) < len(text)):
        return line[: limit - 1].rstrip() + "…"
    return line


def escape(json: str) -> str:
    r"""Write as ``\uXXXX`` what JSON allows in its strings and a terminal might obey; the values stay the same."""
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", json)
