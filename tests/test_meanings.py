"""Meanings are there where their package is, and nowhere else."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from proxy import meanings
from proxy.meanings import NEEDED, TOKENIZER, WEIGHTS, installed

missing = not all(importlib.util.find_spec(name) for name in NEEDED)


def test_without_the_extra_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meanings, "NEEDED", ("no_such_package",))
    assert installed() is None


def test_a_package_without_its_files_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meanings, "NEEDED", ("proxy",))
    assert installed() is None
    assert not (Path(meanings.__file__).parent / WEIGHTS).exists()
    assert not (Path(meanings.__file__).parent / TOKENIZER).exists()


@pytest.mark.skipif(missing, reason="the extra embeddings is not installed")
def test_words_of_a_meaning_are_alike() -> None:
    meaning = installed()
    assert meaning is not None
    stretches = [meaning.vectors(["a puppy"]), meaning.vectors(["an invoice", ""])]
    puppy, invoice, empty = meaning.likeness("the dog", [meaning.joined(stretches)])
    assert puppy > invoice > empty == 0.0
