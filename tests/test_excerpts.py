"""The passage around a hit."""

from __future__ import annotations

from proxy.excerpts import Excerpt, excerpt


def marked(text: str, query: str, width: int = 160) -> list[str]:
    found = excerpt(text, query, width)
    return [found.text[start:end] for start, end in found.highlights]


def test_every_hit_of_every_word_is_marked_whatever_its_case_and_accents() -> None:
    assert marked("The Sea, the seal and the C.", "sea C.") == ["Sea", "sea", "C."]
    assert marked("Ein Café, eine Straße", "cafe strasse") == ["Café", "Straße"]
    assert marked("東京の天気は晴れです", "天気") == ["天気"]


def test_a_hit_far_behind_is_found_in_any_script() -> None:
    assert marked("x " * 9000 + "Needle" + " y" * 9000, "needle") == ["Needle"]
    assert marked("д " * 9000 + "Игла" + " ю" * 9000, "игла") == ["Игла"]
    assert len(excerpt("д " * 9000 + "Игла" + " ю" * 9000, "игла", 100).text) == 102


def test_a_quoted_phrase_is_one_word() -> None:
    assert marked("one two, two one", '"two one"') == ["two one"]


def test_without_a_hit_the_head_is_shown() -> None:
    assert excerpt("some text", "else") == Excerpt("some text")
    assert excerpt("some text", '""') == Excerpt("some text")
    assert excerpt("", "else") == Excerpt("")
