"""JSON schema -> a value that satisfies it, plausible in the light of a text.

Pure and deterministic: the same schema and text give the same value. Knows the part of JSON schema that tools and
structured outputs use; what it doesn't know it reads as "anything".
"""

import re
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_DEEPEST = 8  # below, a schema that refers to itself gets its emptiest value
_FORMATS = {
    "date": "2026-01-15",
    "date-time": "2026-01-15T09:30:00Z",
    "time": "09:30:00Z",
    "duration": "PT1H",
    "email": "ada@example.com",
    "uuid": "8c5a2f0e-3f4b-4c1d-9a7e-6b2d1c0f9e8a",
    "uri": "https://example.com/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_PLACE = re.compile(r"\b(?:in|for|at|to|of)\s+((?:the\s+)?[^\W\d_][\w'-]*(?:\s+[A-Z][\w'-]*)*)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_PLACES = frozenset({"city", "location", "place", "where", "destination", "country", "region", "address"})
_DATES = frozenset({"date", "day", "when"})
_PEOPLE = frozenset({"name", "person", "user", "author"})


def place_in(text: str) -> str:
    """Say which place a text speaks of; Paris, when it says none."""
    found = _PLACE.search(text)
    return found[1].strip() if found else "Paris"


def value_for(schema: Schema, text: str) -> Any:
    """Make a value for the schema."""
    return _Maker(schema, text).make(schema, "", 0)


class _Maker:
    """Holds what stays the same all the way down: the document that references point into, and the text."""

    def __init__(self, document: Schema, text: str) -> None:
        self.document = document
        self.text = text

    def make(self, schema: Schema | bool, name: str, depth: int) -> Any:
        if not isinstance(schema, Mapping):
            return self.text
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._chosen(schema["enum"])
        inner = self._inner(schema, depth)
        if inner is not None:
            return self.make(inner, name, depth + 1)
        return self._typed(schema, name, depth)

    def _chosen(self, values: list[Any]) -> Any:
        """Take the value that the text mentions, or the first."""
        spoken = self.text.lower()
        return next((value for value in values if isinstance(value, str) and value.lower() in spoken), values[0])

    def _inner(self, schema: Schema, depth: int) -> Schema | None:
        """Follow a reference or an alternative: the first that isn't null, or null when deep enough."""
        if "$ref" in schema:
            return self._referred(str(schema["$ref"]))
        alternatives = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf") or []
        by_nullness = sorted(alternatives, key=lambda one: one.get("type") == "null", reverse=depth > _DEEPEST)
        return by_nullness[0] if by_nullness else None

    def _referred(self, reference: str) -> Schema:
        found: Any = self.document
        for step in reference.removeprefix("#").strip("/").split("/"):
            found = found.get(step, {}) if step else found
        return found if isinstance(found, Mapping) else {}

    def _typed(self, schema: Schema, name: str, depth: int) -> Any:
        kind = _kind(schema, deep=depth > _DEEPEST)
        if kind in {"boolean", "null"}:
            return True if kind == "boolean" else None
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "integer" | "number":
                number = self._number(schema)
                return int(number) if kind == "integer" else number
            case _:
                return self._string(schema, name)

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        properties: Mapping[str, Any] = schema.get("properties") or {}
        required = schema.get("required") or []
        names = required if depth > _DEEPEST else properties
        return {name: self.make(properties.get(name, {}), name, depth + 1) for name in names}

    def _array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        count = int(schema.get("minItems") or (0 if depth > _DEEPEST else 1))
        return [self.make(schema.get("items") or {}, name, depth + 1) for _ in range(count)]

    def _number(self, schema: Schema) -> float:
        found = _NUMBER.search(self.text)
        number = float(found[0]) if found else 1.0
        lowest = max(schema.get("minimum", number), schema.get("exclusiveMinimum", number - 1) + 1)
        highest = min(schema.get("maximum", number), schema.get("exclusiveMaximum", number + 1) - 1)
        return float(lowest if number < lowest else min(number, highest))

    def _string(self, schema: Schema, name: str) -> str:
        words = frozenset(re.split(r"[^a-z]+", name.lower()))
        if schema.get("format") in _FORMATS:
            value = _FORMATS[schema["format"]]
        elif words & _PLACES:
            value = place_in(self.text)
        elif words & _DATES:
            value = _FORMATS["date"]
        else:
            value = "Ada" if words & _PEOPLE else self.text
        return value.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength")]


def _kind(schema: Schema, *, deep: bool) -> Any:
    """Name the type to make; of several, one that isn't null."""
    kind = schema.get("type") or ("object" if "properties" in schema else "string")
    if isinstance(kind, list):
        return sorted(kind, key=lambda one: one == "null", reverse=deep)[0]
    return kind
