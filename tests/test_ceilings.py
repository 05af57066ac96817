"""Above how many tokens a request is made shorter, by settings and by windows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from proxy.ceilings import MODELS, Ceilings
from proxy.dialects.overlong import Overlong
from proxy.meter import Meter
from proxy.preferences import Preference
from proxy.prices import PriceBook
from proxy.shares import Budget
from proxy.tokens import Tokenizer
from tests.test_context import asked_for, rules_of, talk


def ceilings(**rules: Any) -> Ceilings:
    return Ceilings(rules_of(**rules), Meter(Tokenizer(), PriceBook({})))


@pytest.mark.parametrize(
    ("headers", "prefers"),
    [
        ({}, Preference("on", 500, 2)),
        ({"x-session-context": "full"}, Preference("off", 500, 2)),
        ({"x-session-context": "compact"}, Preference("on", 500, 2)),
        ({"x-session-token-threshold": "200"}, Preference("on", 200, 2)),
        ({"x-session-context": "full", "x-session-token-threshold": "200"}, Preference("off", 200, 2)),
    ],
)
async def test_headers_come_before_the_key_the_provider_and_what_holds_for_all(
    headers: dict[str, str], prefers: Preference
) -> None:
    asked = await asked_for(talk(3), *((name.encode(), text.encode()) for name, text in headers.items()))
    own = msgspec.structs.replace(asked, prefers=Preference(threshold=500))
    provider = replace(asked.provider, prefers=Preference("on", 600))
    assert ceilings(mode="off", threshold=700, keep=2).preference(own, provider) == prefers


async def test_without_a_word_of_them_what_holds_for_all_holds() -> None:
    asked = await asked_for(talk(3))
    one = ceilings(mode="on", threshold=700, keep=2, turns=3)
    assert one.preference(asked, asked.provider) == Preference("on", 700, 2)
    assert one.budget(asked, asked.provider, 600) == Budget(600, True, 6, 2)


async def test_with_mode_off_no_threshold_holds() -> None:
    asked = await asked_for(talk(300))
    assert ceilings(mode="off").threshold(asked, asked.provider) == 0
    assert ceilings(mode="off").learnt(asked, asked.provider, Overlong(1_000, 8_000)) == 0


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
