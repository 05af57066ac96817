from typing import Any

import pytest

from proxy.standin.schemas import place_in, value_for


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "3 days in Rome"),
        ({"type": "string", "maxLength": 1}, "3"),
        ({"type": "string", "format": "date"}, "2026-01-15"),
        ({"type": "integer"}, 3),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "number", "maximum": 2}, 2.0),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["null", "integer"]}, 3),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 3),
        ({"enum": ["hours", "days"]}, "days"),
        ({"const": 7}, 7),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [3, 3]),
        ({"properties": {"city": {"type": "string"}}}, {"city": "Rome"}),
        ({"$ref": "#/$defs/N", "$defs": {"N": {"type": "integer"}}}, 3),
        (True, "3 days in Rome"),
    ],
)
def test_a_value_satisfies_its_schema_in_the_light_of_the_text(schema: Any, value: Any) -> None:
    assert value_for(schema, "3 days in Rome") == value


def test_a_schema_that_refers_to_itself_ends() -> None:
    node = {
        "type": "object",
        "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}, "children": {"items": {"$ref": "#"}}},
        "required": ["next"],
    }
    assert "next" in value_for(node, "x")


@pytest.mark.parametrize(
    ("text", "place"),
    [("weather in New York today?", "New York"), ("how is paris", "Paris"), ("weather in rome?", "rome")],
)
def test_a_place_is_found_in_a_text(text: str, place: str) -> None:
    assert place_in(text) == place
