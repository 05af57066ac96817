"""Tables from several places, and who said what."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.errors import SettingsError
from proxy.layers import Layer, environment_layer, file_layer, flags_layer, listed, merge


def test_an_earlier_layer_wins_and_the_rest_stays() -> None:
    layers = [Layer("a", {"s": {"x": 1}, "t": 5}), Layer("b", {"s": {"x": 2, "y": 3}, "t": {"z": 1}})]
    assert merge(layers) == {"s": {"x": 1, "y": 3}, "t": 5}


def test_merging_leaves_the_layers_as_they_were() -> None:
    below = Layer("b", {"s": {"y": 3}})
    merge([Layer("a", {"s": {"x": 1}}), below])
    assert below.values == {"s": {"y": 3}}


def test_flags_are_tables_or_dotted_names_and_none_is_not_given() -> None:
    given = {"server": {"port": 1, "host": None}, "server.workers": 2, "store.url": None}
    assert flags_layer(given).values == {"server": {"port": 1, "workers": 2}}
    assert given["server"] == {"port": 1, "host": None}


def test_variables_become_tables() -> None:
    environ = {
        "STENO_A__B": "1",
        "steno_a__c": "[1, 2]",
        "STENO_D": '{"e": "f"}',
        "STENO_D__G": "{no json",
        "PATH": "/bin",
    }
    layer = environment_layer(environ, {})
    assert layer.values == {"a": {"b": "1", "c": [1, 2]}, "d": {"e": "f", "g": "{no json"}}


def test_a_variable_takes_the_files_spelling_of_a_name() -> None:
    known = {"providers": {"My-Host": {"base_url": "http://h"}}}
    layer = environment_layer({"STENO_PROVIDERS__MY_HOST__API_KEY": "k"}, known)
    assert layer.values == {"providers": {"My-Host": {"api_key": "k"}}}


def test_a_table_takes_the_place_of_a_value_that_is_none() -> None:
    assert environment_layer({"STENO_A": "x", "STENO_A__B": "y"}, {"a": 3}).values == {"a": {"b": "y"}}


def test_the_origin_is_the_variable_that_set_it() -> None:
    layer = environment_layer({"STENO_A__B": "1", "STENO_A__C": "2", "STENO_D": '{"e": 1}'}, {})
    assert layer.origin(("a", "b")) == "STENO_A__B"
    assert layer.origin(("a",)) == "STENO_A__B, STENO_A__C"
    assert layer.origin(("d", "e")) == "STENO_D"
    assert Layer("steno.toml").origin(("a",)) == "steno.toml"


def test_depth_counts_how_much_of_a_place_is_there() -> None:
    layer = Layer("a", {"s": {"x": 1}})
    assert [layer.depth(place) for place in (("s", "x"), ("s", "y"), ("t",), ("s", "x", "z"))] == [2, 1, 0, 2]


def test_a_file_may_start_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(b"\xef\xbb\xbf[server]\nport = 1\n")
    assert file_layer(file).values == {"server": {"port": 1}}


@pytest.mark.parametrize("content", [b"[server\n", b"a = '\xff'\n"])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"broken\.toml: this is no valid TOML"):
        file_layer(file)


def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.toml: the settings can't be read"):
        file_layer(tmp_path / "absent.toml")


def test_names_are_listed_in_order() -> None:
    assert listed({"b", "a"}) == "a, b"
