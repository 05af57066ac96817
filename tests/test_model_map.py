"""Another name for a model: the one value changes, and not a byte besides."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.model_map import mapped, renamed

CAPTURES = Path(__file__).parent / "wire" / "captures"
NAME = "llama3.1:70b"
NESTED = [
    (b'"tools":[{"function":{"parameters":{"properties":{"model":{"type":"string"},"x":{"model":"gpt-4o"}}}}}]'),
    (b'"messages":[{"role":"user","content":"{\\"model\\": \\"gpt-4o\\"}","model":"gpt-4o"}]'),
    (b'"metadata" : {"model" : "gpt-4o", "a": "\\"model\\":\\"gpt-4o\\""}'),
]


# Which name


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-4o", "llama3.1:70b"),
        ("gpt-4o-mini", "small"),
        ("gpt-4o[1]", "odd"),
        ("GPT-4o", ""),
        ("claude", ""),
        ("same", ""),
    ],
)
def test_a_model_goes_by_its_own_name_before_any_glob(model: str, name: str) -> None:
    pairs = [("gpt-*", "small"), ("gpt-4o", NAME), ("gpt-4o[1]", "odd"), ("gpt-4*", "never"), ("sam?", "same")]
    assert mapped(model, pairs) == name


# Where it stands


@pytest.mark.parametrize("order", list(permutations([b'"model": "gpt-4o"', *NESTED])))
def test_only_the_model_of_the_request_changes_wherever_it_stands(order: tuple[bytes, ...]) -> None:
    body = b"{ " + b" ,\n".join(order) + b"}\r\n"
    expected = body.replace(b'"model": "gpt-4o"', b'"model": "llama3.1:70b"')
    assert renamed(body, NAME) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (rb'{"model":"gpt\u002d4o\"\\"}', b'{"model":"llama3.1:70b"}'),
        (rb'{"mod\u0065l":"gpt-4o","input":"x"}', rb'{"mod\u0065l":"llama3.1:70b","input":"x"}'),
        (b'{"model"\r\n:\t"gpt-4o" }', b'{"model"\r\n:\t"llama3.1:70b" }'),
        (b'{"model":"a","x":1,"model":"gpt-4o"}', b'{"model":"a","x":1,"model":"llama3.1:70b"}'),
        (b'{"model":"gpt-4o","x":NaN,"y":1e400}', b'{"model":"llama3.1:70b","x":NaN,"y":1e400}'),
        (rb'{"model":"gpt-4o","x":"\ud83d"}', rb'{"model":"llama3.1:70b","x":"\ud83d"}'),
        (b'{"x":"\xff","model":"gpt-4o"}', b'{"x":"\xff","model":"llama3.1:70b"}'),
        ('{"x":"é你","model":"gpt-4o"}'.encode(), '{"x":"é你","model":"llama3.1:70b"}'.encode()),
    ],
)
def test_a_body_is_spliced_however_odd_it_is(body: bytes, expected: bytes) -> None:
    assert renamed(body, NAME) == expected


@pytest.mark.parametrize("capture", sorted(CAPTURES.glob("*.json")), ids=lambda path: path.stem)
def test_what_real_clients_send_changes_in_its_model_alone(capture: Path) -> None:
    """Chat, responses, messages: the dialects name their model alike."""
    bodies = [each["body_json"] for each in json.loads(capture.read_text()) if isinstance(each["body_json"], dict)]
    for value in bodies:
        if isinstance(value.get("model"), str):
            before, after = (json.dumps({**value, "model": name}).encode() for name in (value["model"], NAME))
            assert renamed(before, NAME) == after


def test_a_model_after_many_others_of_that_name_is_found() -> None:
    tools = b",".join([b'{"model":"gpt-4o"}'] * 50)
    assert renamed(b'{"tools":[%s],"model":"gpt-4o"}' % tools, NAME) == b'{"tools":[%s],"model":"%s"}' % (
        tools,
        NAME.encode(),
    )


def test_a_name_is_written_as_json() -> None:
    spliced = renamed(b'{"model":"m"}', 'a "quoted" \\ 模')
    assert spliced is not None
    assert json.loads(spliced) == {"model": 'a "quoted" \\ 模'}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"x":1}', b'{"model":3}', b'{"model":{"model":"m"}}', b'[{"model":"m"}]', b'{"model":"m"'],
)
def test_what_names_no_model_is_left_alone(body: bytes) -> None:
    assert renamed(body, NAME) is None


@given(
    st.dictionaries(
        st.sampled_from(["model", "a", "b", 'x"']) | st.text(max_size=3),
        st.recursive(
            st.none() | st.integers() | st.sampled_from(["m", '"model":"m"', "\\"]),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["model", "c"]), inner),
            max_leaves=8,
        ),
    ),
    st.booleans(),
)
def test_whatever_else_the_body_holds_stays(value: dict[str, object], spaced: bool) -> None:
    body = json.dumps({**value, "model": "m"}, separators=(" , ", " : ") if spaced else None).encode()
    spliced = renamed(body, NAME)
    assert spliced is not None
    assert json.loads(spliced) == {**value, "model": NAME}
