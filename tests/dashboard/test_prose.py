"""Markdown as HTML that can do no harm."""

import re

import pytest

from proxy.dashboard.prose import COLOURED, coloured, is_harmless, reader
from tests.dashboard.attacks import ALL

render = reader()
ALLOWED = frozenset(
    {"p", "strong", "em", "a", "span", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "br", "s", "h4", "h5", "h6"}
    | {"table", "thead", "tbody", "tr", "th", "td"}
)


@pytest.mark.parametrize("attack", ALL)
def test_no_tag_but_ours_comes_out(attack: str) -> None:
    html = str(render(attack))
    tags = re.findall(r"<([a-zA-Z0-9]+)([^>]*)>", html)
    assert {tag.lower() for tag, _ in tags} <= ALLOWED
    attributes = {name for _, inner in tags for name in re.findall(r"([a-zA-Z-]+)=\"", inner)}
    assert attributes <= {"href", "title", "rel", "class", "tabindex", "start"}
    assert not re.search(r"href=\"(?!https?:|mailto:)", html)


def test_the_usual_marks_are_understood() -> None:
    html = str(render("**a** `b` ~~c~~\n\n- d\n\n| e |\n|---|\n| f |"))
    assert all(tag in html for tag in ("<strong>", "<code>", "<s>", "<li>", "<table>"))


def test_headings_stand_below_those_of_the_page() -> None:
    assert str(render("# a\n\n###### b")) == "<h4>a</h4>\n<h6>b</h6>\n"


def test_code_is_coloured_by_classes() -> None:
    html = str(render("```python\ndef f(): pass\n```"))
    assert '<span class="k">def</span>' in html
    assert "style=" not in html


@pytest.mark.parametrize("language", ["", "nosuchlanguage", "<script>"])
def test_code_of_an_unknown_language_is_plain(language: str) -> None:
    assert coloured("<b>", language) == "&lt;b&gt;"


def test_long_code_is_not_coloured() -> None:
    assert "<span" not in coloured("x = 1\n" * COLOURED, "python")


def test_an_image_is_told_and_not_loaded() -> None:
    html = str(render("![a cat](https://a.example/cat.png)"))
    assert "<img" not in html
    assert "a cat https://a.example/cat.png" in html


def test_indented_code_is_code() -> None:
    assert "<code" in render("    x = 1")


def test_a_link_tells_nobody_where_it_was_followed_from() -> None:
    assert 'rel="noopener noreferrer nofollow"' in render("[x](https://a.example/)")


@pytest.mark.parametrize("url", ["javascript:x", "//a.example", "/sessions", "data:x", "http://[", ""])
def test_only_full_addresses_are_links(url: str) -> None:
    assert not is_harmless(url)
