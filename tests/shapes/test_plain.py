import json

import pytest

from proxy.shapes.plain import clean, escape, one_line


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]0;title\x07", "]0;title"),
        ("\x9b2J", "2J"),
        ("a\x08b\x7f\x00", "ab"),
        ("abc\u202egnp.exe", "abcgnp.exe"),
        ("one\r\ntwo\rthree\u2028four\x85five", "one\ntwo\nthree\nfour\nfive"),
        ("tab\tstays\nso does the line", "tab\tstays\nso does the line"),
        ("half \ud83d a character", "half \N{REPLACEMENT CHARACTER} a character"),
        ("[bold]markup[/bold] 👩‍💻 العربية 日本", "[bold]markup[/bold] 👩‍💻 العربية 日本"),
    ],
)
def test_what_steers_a_terminal_is_dropped_and_the_rest_is_kept(hostile: str, harmless: str) -> None:
    assert clean(hostile) == harmless


def test_a_line_has_no_line_ends_and_says_when_it_was_cut() -> None:
    assert one_line("a\n\n  b\r\nc") == "a b c"
    assert one_line("one two three", 8) == "one two…"
    assert one_line("exactly", 7) == "exactly"


def test_a_cut_far_down_in_a_text_of_spaces_is_still_said() -> None:
    assert one_line("a" + " " * 1000 + "b", 10) == "a…"


def test_json_holds_the_same_values_after_its_escape() -> None:
    value = {"text": "a\x9b31m \u202e \x7f \u2028 b 日本"}
    written = escape(json.dumps(value, ensure_ascii=False))
    assert json.loads(written) == value
    assert "日本" in written
    assert not set(written) & set("\x9b\u202e\x7f\u2028")
