"""What is set for one comes before what is set for all."""

from __future__ import annotations

from proxy.preferences import NO_PREFERENCE, Preference


def test_what_one_leaves_open_the_other_says() -> None:
    general = Preference("auto", 32_000, 4)
    assert NO_PREFERENCE.over(general) == general
    assert Preference("on").over(general) == Preference("on", 32_000, 4)
    assert Preference(threshold=500, keep=0).over(general) == Preference("auto", 500, 0)
