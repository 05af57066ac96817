"""Where settings stand before they are checked: in a file, in the environment, among the flags.

Knows tables and names; nothing of what a setting means. It keeps apart who said what, so that a bad setting is reported
with the place where a person can mend it, and never repeats a value: it might be a key.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from proxy.errors import SettingsError

FILE_NAME: Final = "steno.toml"
PREFIX: Final = "STENO_"


@dataclass(frozen=True, slots=True)
class Layer:
    """One source of settings; ``variables`` tells which variable of the environment set what."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)
    variables: dict[tuple[str, ...], str] = field(default_factory=dict)

    def depth(self, place: Sequence[str]) -> int:
        """How far into this layer the place leads."""
        values: Any = self.values
        for depth, key in enumerate(place):
            if not isinstance(values, Mapping) or key not in values:
                return depth
            values = values[key]
        return len(place)

    def origin(self, place: tuple[str, ...]) -> str:
        """What a person has to open to change the setting at this place."""
        near = (
            variable
            for path, variable in self.variables.items()
            if path[: len(place)] == place or place[: len(path)] == path
        )
        return listed(near) or self.name


def file_layer(path: Path | None) -> Layer:
    """The file's tables; without a path ``steno.toml`` of the working folder, if there is one."""
    file = path or Path(FILE_NAME)
    if path is None and not file.exists():
        return Layer(FILE_NAME)
    try:
        return Layer(str(file), tomllib.loads(file.read_text(encoding="utf-8-sig")))
    except OSError as error:
        message = f"{file}: the settings can't be read ({error.strerror}). Name a readable TOML file."
        raise SettingsError(message) from error
    except ValueError as error:
        message = f"{file}: this is no valid TOML ({error}). config.example.toml shows how it looks."
        raise SettingsError(message) from None


def environment_layer(environ: Mapping[str, str], known: Mapping[str, Any]) -> Layer:
    """Every ``STENO_SECTION__NAME``; ``known`` are the file's tables, whose spelling of a name counts."""
    layer = Layer("the environment")
    for variable in sorted(environ):
        if variable.upper().startswith(PREFIX):
            place = _spelled(variable[len(PREFIX) :].lower().split("__"), known)
            _put(layer.values, place, _parsed(environ[variable]))
            layer.variables[place] = variable
    return layer


def flags_layer(flags: Mapping[str, Any]) -> Layer:
    """Tables as in the file, or dotted names; ``None`` was not given."""
    layer = Layer("the command line")
    for name, value in _given(flags).items():
        _put(layer.values, name.split("."), value)
    return layer


def merge(layers: Sequence[Layer]) -> dict[str, Any]:
    """All tables in one; an earlier layer wins over a later one."""
    merged: dict[str, Any] = {}
    for layer in reversed(layers):
        merged = _laid_over(merged, layer.values)
    return merged


def sentence(detail: ErrorDetails, layers: Sequence[Layer], model: type[BaseModel]) -> str:
    """What is wrong, where it stands and what would be valid there."""
    place = tuple(str(key) for key in detail["loc"] if key != "[key]")
    layer = max(layers, key=lambda layer: layer.depth(place))
    where = f"{layer.origin(place)}: {'.'.join(place)}"
    if detail["type"] == "extra_forbidden":
        names = _names_beside(place, model)
        return f"{where} is unknown.{_near(place[-1], names)} Valid here: {listed(names)}."
    if detail["type"] in {"model_type", "dict_type"}:
        return f"{where} must be a table, such as [{'.'.join(place)}] with its settings below."
    reason = "must be a list" if detail["type"] == "tuple_type" else detail["msg"].removeprefix("Value error, ")
    expected = re.findall(r"'([^']*)'", reason) if detail["type"] == "literal_error" else []
    return f"{where}: {reason[:1].lower()}{reason[1:]}.{_near(str(detail['input']), expected)}"


def listed(names: Iterable[str]) -> str:
    """The names as a sentence holds them."""
    return ", ".join(sorted(names))


def _near(name: str, names: Sequence[str]) -> str:
    matches = get_close_matches(name.lower(), names, n=1)
    return f" Did you mean {matches[0]}?" if matches else ""


def _names_beside(place: Sequence[str], model: type[BaseModel]) -> list[str]:
    """The fields of the table which holds this place; tables by name (a provider's) take up two keys of it."""
    keys = iter(place[:-1])
    for key in keys:
        annotation = model.model_fields[key].annotation
        if get_origin(annotation) is dict:
            next(keys)
            annotation = get_args(annotation)[1]
        model = cast("type[BaseModel]", annotation)
    return list(model.model_fields)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _given(value) if isinstance(value, Mapping) else value
        for key, value in values.items()
        if value is not None
    }


def _spelled(keys: Iterable[str], known: Any) -> tuple[str, ...]:
    """The keys as the file spells them: a variable can't tell My-Provider from my_provider."""
    place: list[str] = []
    for key in keys:
        names = known if isinstance(known, Mapping) else {}
        place.append(next((name for name in names if name.lower().replace("-", "_") == key), key))
        known = names.get(place[-1])
    return tuple(place)


def _parsed(text: str) -> Any:
    """Lists and tables are written as JSON; everything else is the text itself."""
    if not text.startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _put(values: dict[str, Any], place: Sequence[str], value: Any) -> None:
    for key in place[:-1]:
        if not isinstance(values.get(key), dict):
            values[key] = {}
        values = values[key]
    values[place[-1]] = value


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        table = under if isinstance(under, Mapping) else {}
        merged[key] = _laid_over(table, value) if isinstance(value, Mapping) else value
    return merged
