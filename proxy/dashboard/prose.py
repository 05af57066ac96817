"""Markdown from a model, or from anybody -> HTML that can do no harm.

HTML in it is text. No image is loaded, links lead only to web pages and mail, and code is coloured by classes alone.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from html import escape
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from proxy.shapes.plain import clean

SCHEMES = frozenset({"http", "https", "mailto"})
COLOURED = 8_000
"""Longer code is shown as it is: colouring costs more than all else on a page."""

Env = MutableMapping[str, Any]


def is_harmless(url: str) -> bool:
    """Whether a link may be followed."""
    try:
        return urlsplit(url).scheme.lower() in SCHEMES
    except ValueError:
        return False


def coloured(code: str, language: str) -> Markup:
    """Code as HTML, with the classes of its parts where the language is known."""
    code = clean(code)
    if not language or len(code) > COLOURED:
        return Markup(escape(code))  # noqa: S704 (just escaped)
    import pygments.formatters  # noqa: PLC0415 (a megabyte, which pages without code can do without)
    import pygments.lexers  # noqa: PLC0415

    try:
        lexer = pygments.lexers.get_lexer_by_name(language, stripnl=False)
    except pygments.util.ClassNotFound:
        return Markup(escape(code))  # noqa: S704 (just escaped)
    formatter = pygments.formatters.HtmlFormatter(nowrap=True)
    return Markup(pygments.highlight(code, lexer, formatter))  # noqa: S704 (Pygments escapes)


class Renderer(RendererHTML):
    """HTML of our own for what the usual one would load, or would colour by style."""

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Env) -> str:
        """The address of an image, not the image."""
        token = tokens[idx]
        alt = self.renderInlineAsText(token.children or (), options, env)
        return f'<span class="outside">image not loaded: {escape(alt)} {escape(str(token.attrGet("src") or ""))}</span>'

    def fence(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Env) -> str:
        """A block of code."""
        token = tokens[idx]
        language = token.info.split(maxsplit=1)[0][:40] if token.info.strip() else ""
        label = f'<span class="language">{escape(language)}</span>' if language else ""
        return f'<pre tabindex="0">{label}<code class="code">{coloured(token.content, language)}</code></pre>\n'

    def code_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Env) -> str:
        """An indented block of code."""
        return self.fence(tokens, idx, options, env)

    def heading_open(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Env) -> str:
        """A heading below those of the page itself."""
        return f"<h{lowered(tokens[idx].tag)}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Env) -> str:
        """Its end."""
        return f"</h{lowered(tokens[idx].tag)}>\n"

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Env) -> str:
        """A link that says nothing of where it was followed from."""
        tokens[idx].attrSet("rel", "noopener noreferrer nofollow")
        return self.renderToken(tokens, idx, options, env)


def lowered(tag: str) -> int:
    """A heading's level on the page."""
    return min(6, int(tag[1:]) + 3)


def reader() -> Callable[[str], Markup]:
    """Makes HTML of Markdown."""
    markdown = MarkdownIt("commonmark", {"html": False}, renderer_cls=Renderer).enable(["table", "strikethrough"])
    markdown.validateLink = is_harmless  # type: ignore[method-assign]  # the way to set it

    def rendered(text: str) -> Markup:
        return Markup(markdown.render(clean(text)))  # noqa: S704 (HTML in it is off)

    return rendered
