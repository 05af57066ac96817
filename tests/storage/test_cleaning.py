"""What a database can't hold is cleaned away; what it can stays as it is."""

from __future__ import annotations

from storage.cleaning import LARGEST, clean_text, cleaned
from storage.records import NewSession
from tests.storage.samples import closed, link, opened


def test_text_that_is_clean_stays() -> None:
    assert clean_text("héllo 你好 🙂") == "héllo 你好 🙂"


def test_halves_of_a_character_are_joined_and_lone_ones_replaced() -> None:
    assert clean_text("a\ud83d\ude42b\ud83dc\0d") == "a🙂b\N{REPLACEMENT CHARACTER}c\N{REPLACEMENT CHARACTER}d"


def test_numbers_are_kept_within_64_bits() -> None:
    record = cleaned(closed(1, prompt_tokens=10**30, completion_tokens=-(10**30), cached_tokens=None, cost=7))
    assert (record.prompt_tokens, record.completion_tokens, record.cost) == (LARGEST, -LARGEST, 7)
    assert record.cached_tokens is None


def test_values_inside_values_are_cleaned_and_bytes_left_alone() -> None:
    record = opened(1, (link("user", "\ud800"),), new=NewSession(title="\0", tags=("\udc00",), meta={"k\0": "v\ud800"}))
    clean = cleaned(record)
    assert clean.links[0].text == "\N{REPLACEMENT CHARACTER}"
    assert clean.links[0].body == record.links[0].body
    assert clean.new == NewSession(title="�", tags=("�",), meta={"k�": "v�"})
    assert cleaned(clean) == clean
