from proxy.cli.excerpts import excerpt, styled


def marked(text: str, query: str, width: int = 160) -> list[str]:
    found = excerpt(text, query, width)
    return [found.text[start:end] for start, end in found.highlights]


def test_every_hit_of_every_word_is_marked_whatever_its_case() -> None:
    assert marked("The Sea, the seal and the C.", "sea C.") == ["Sea", "sea", "C."]


def test_a_query_is_plain_text() -> None:
    assert marked("a (b) [c] .*", "(b) .*") == ["(b)", ".*"]


def test_the_passage_is_cut_around_the_first_hit() -> None:
    found = excerpt("x " * 500 + "needle" + " y" * 500, "needle", 100)
    assert found.text.startswith("…")
    assert found.text.endswith("…")
    assert "needle" in found.text
    assert len(found.text) == 102


def test_substrings_are_found_in_any_script() -> None:
    assert marked("東京の天気は晴れです", "天気") == ["天気"]


def test_without_a_hit_the_head_is_shown() -> None:
    assert excerpt("some text", "else").text == "some text"
    assert marked("some text", "") == []


def test_control_characters_do_not_come_through() -> None:
    assert excerpt("a\x1b[31m needle\n[red]", "needle").text == "a[31m needle [red]"
    assert styled(excerpt("[red] needle", "needle")).plain == "[red] needle"


def test_accents_and_quotes_are_read_as_the_search_reads_them() -> None:
    assert marked("Ein Café, eine Straße", "cafe strasse") == ["Café", "Straße"]
    assert marked("a long way, a way", '"long way"') == ["long way"]


def test_a_hit_that_the_cut_goes_through_ends_with_the_passage() -> None:
    found = excerpt("needle " + "x" * 300, "needle " + "x" * 300, 20)
    assert found.text[found.highlights[0][0] : found.highlights[-1][1]] == found.text[: found.highlights[-1][1]]
    assert found.highlights[-1][1] <= len(found.text)
