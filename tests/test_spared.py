"""Modules that nobody needs."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest

from proxy.spared import Hollow, spared


def test_what_is_imported_within_gets_empty_classes_and_afterwards_the_module_is_as_it_was() -> None:
    with spared("no_such_module", "json"):
        hollow = import_module("no_such_module")
        assert isinstance(hollow.Anything, type)
        assert hasattr(import_module("json"), "dumps")
    assert "no_such_module" not in sys.modules
    assert "json" in sys.modules


def test_a_hollow_module_is_no_package() -> None:
    with pytest.raises(AttributeError):
        _ = Hollow("x").__path__
