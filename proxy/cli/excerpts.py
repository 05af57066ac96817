"""A found text and its query -> a line for a terminal, with the hits in it marked. Pure."""

from rich.text import Text

from proxy import excerpts
from proxy.excerpts import Excerpt
from proxy.shapes.plain import one_line


def excerpt(text: str, query: str, width: int = 160) -> Excerpt:
    """The passage of a recorded text, safe to print."""
    return excerpts.excerpt(one_line(text), query, width)


def styled(passage: Excerpt) -> Text:
    """For a terminal."""
    line = Text(passage.text)
    for start, end in passage.highlights:
        line.stylize("bold reverse", start, end)
    return line
