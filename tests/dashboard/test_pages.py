"""Values as HTML."""

import pytest
from markupsafe import Markup

from proxy.dashboard.pages import Pages, age, app_name, cleaned, embedded
from tests.cli.rows import NOON, SECOND
from tests.dashboard.attacks import ALL


@pytest.mark.parametrize("attack", ALL)
def test_every_text_of_a_template_is_escaped(attack: str) -> None:
    values = {"path": attack, "now": 0, "mark": attack, "guarded": True, "alone": True, "message": attack}
    html = Pages().render("trouble.html", values)
    assert "window.owned" not in html or "&lt;" in html or attack.startswith(("[", "!", "`", "#", "|", "{"))
    assert "<script>window" not in html
    assert "\u202e" not in html


def test_markup_of_our_own_stays() -> None:
    assert cleaned(Markup("<b>")) == "<b>"
    assert cleaned("a\x1bb") == "ab"
    assert cleaned(7) == 7


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "now"),
        (30, "30 s ago"),
        (120, "2 min ago"),
        (7200, "2 h ago"),
        (3 * 86400, "3 days ago"),
        (30 * 86400, "2026-05-23"),
    ],
)
def test_an_age_is_told_in_one_unit(seconds: int, told: str) -> None:
    assert age(NOON - seconds * SECOND, NOON) == told


def test_what_never_was_has_no_age() -> None:
    assert age(0, NOON) == "\u2013"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("codex_cli_rs/0.169 (Linux)", "codex_cli_rs"),
        ("OpenAI/Python 3.54", "OpenAI/Python"),
        ("curl/8.1", "curl"),
        ("", ""),
    ],
)
def test_an_app_is_named_without_its_version(agent: str, name: str) -> None:
    assert app_name(agent) == name


def test_json_in_a_page_can_not_end_its_element() -> None:
    assert embedded(["</script>&"]) == '["\\u003c/script\\u003e\\u0026"]'


def test_templates_are_made_ready_one_at_a_time() -> None:
    pages = Pages()
    assert not pages.is_warm
    while pages.warm_one():
        assert not pages.is_warm
    assert pages.is_warm
    assert not pages.warm_one()
