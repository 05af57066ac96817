"""Markdown is rendered once, and within a time."""

from proxy.dashboard.scribe import LONGEST, Scribe


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_what_there_is_no_time_for_stays_plain_until_it_is_known() -> None:
    clock = Clock()
    scribe = Scribe(clock)
    page = scribe.page(1.0)
    assert page("*a*") == "<p><em>a</em></p>\n"
    clock.at = 2.0
    assert page("*b*") is None
    assert page("*a*") == "<p><em>a</em></p>\n"
    assert scribe.page(1.0)("*b*") is not None


def test_a_text_without_an_end_is_not_rendered() -> None:
    assert Scribe(Clock()).page()("x" * (LONGEST + 1)) is None


def test_only_so_much_is_remembered() -> None:
    clock = Clock()
    scribe = Scribe(clock, remembered=20)
    page = scribe.page(1.0)
    page("*a*")
    page("*b*")
    clock.at = 2.0
    assert page("*a*") is None
    assert page("*b*") is not None


def test_the_time_to_load_what_renders_is_not_the_pages() -> None:
    times = iter([0.0, 0.0, 9.0, 9.5])
    scribe = Scribe(lambda: next(times))
    assert not scribe.is_ready
    assert scribe.page(1.0)("*a*") == "<p><em>a</em></p>\n"
    assert scribe.is_ready
