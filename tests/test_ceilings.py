"""Above how many tokens a request is made shorter, by settings and by windows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from proxy.ceilings import MODELS, Ceilings, Rules
from proxy.dialects.overlong import Overlong
from proxy.meter import Meter
from proxy.prices import PriceBook
from proxy.tokens import Tokenizer
from tests.test_context import asked_for, talk


def ceilings(**rules: Any) -> Ceilings:
    return Ceilings(Rules(**rules), Meter(Tokenizer(), PriceBook({})))


async def test_a_header_comes_before_what_is_set() -> None:
    one, named = ceilings(mode="off"), (b"x-session-token-threshold", b"200")
    asked = await asked_for(talk(80), named)
    assert (one.mode(asked), one.threshold(asked, asked.provider)) == ("on", 200)
    full = await asked_for(talk(80), named, (b"x-session-context", b"full"))
    assert one.mode(full) == "off"


async def test_what_is_below_its_threshold_has_none() -> None:
    asked = await asked_for(talk(3))
    assert ceilings(mode="on", threshold=300).threshold(asked, asked.provider) == 0
    assert ceilings().threshold(asked, asked.provider) == 0


async def test_a_window_is_that_of_the_model_which_is_asked_there() -> None:
    one, asked = ceilings(), await asked_for(talk(300))
    renaming = replace(asked.provider, name="other", model_map=(("gpt-4", "gpt-4o"),))
    assert one.window(asked, asked.provider) == 8_192
    assert one.window(asked, renaming) > 100_000
    assert one.threshold(asked, asked.provider) > 0
    assert one.threshold(asked, renaming) == 0


async def test_a_window_that_was_told_is_remembered() -> None:
    one, asked = ceilings(), await asked_for(talk(200), model="nobody-knows")
    assert one.threshold(asked, asked.provider) == 0
    told = one.learnt(asked, asked.provider, Overlong(1_000, 8_000))
    assert 0 < told < 1_000
    assert one.threshold(asked, asked.provider) == told


async def test_no_more_windows_are_remembered_than_so_many() -> None:
    one, asked = ceilings(), await asked_for(talk(3))
    one.windows.update({("p", str(number)): 1 for number in range(MODELS)})
    one.window(asked, asked.provider)
    assert len(one.windows) == 1
