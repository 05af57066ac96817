"""Text put into messages as they came."""

from __future__ import annotations

from proxy.dialects.splices import place_of, with_text, with_value


def test_text_goes_in_front_of_a_string_and_of_parts() -> None:
    assert with_text(b'{"content": "b"}', "a") == b'{"content": "ab"}'
    assert with_text(b'{"content": [ ]}', "a") == b'{"content": [{"type":"text","text":"a"} ]}'
    assert with_text(b'{"content":[{}]}', "a", "input_text") == b'{"content":[{"type":"input_text","text":"a"},{}]}'


def test_a_message_without_content_gets_it_and_an_odd_one_stays() -> None:
    assert with_text(b'{"content":null}', "a") == b'{"content":"a"}'
    assert with_text(b'{"role":"user"}', "a") == b'{"content":"a","role":"user"}'
    assert with_text(b'{"content":5}', "a") == b'{"content":5}'


def test_of_two_values_under_one_key_the_last_counts() -> None:
    assert with_value(b'{"output":1,"output":2}', "output", b"3") == b'{"output":1,"output":3}'
    assert place_of(b"{}", "output") is None
