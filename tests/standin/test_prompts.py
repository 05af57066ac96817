import json

import pytest

from proxy.standin.prompts import PromptError, read_prompt


def body(*messages: object, **fields: object) -> bytes:
    return json.dumps({"model": "m", "messages": messages, **fields}).encode()


def test_the_last_user_message_is_the_text_its_parts_joined() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}, {"type": "text", "text": "b"}]
    assert read_prompt(body({"role": "user", "content": parts})).text == "ab"


def test_results_at_the_end_carry_the_names_of_their_tools() -> None:
    calls = [{"id": f"c{n}", "type": "function", "function": {"name": f"t{n}", "arguments": "{}"}} for n in (1, 2)]
    messages = [
        {"role": "user", "content": "go [[status=500]]"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "c1", "content": "one"},
        {"role": "tool", "tool_call_id": "c2", "content": "two"},
    ]
    prompt = read_prompt(body(*messages))
    assert prompt.results == (("t1", "one"), ("t2", "two"))
    assert prompt.text == "go"
    assert prompt.asked == {}


def test_a_directive_counts_while_the_user_has_the_last_word() -> None:
    assert read_prompt(body({"role": "user", "content": "x [[status=500]]"})).asked == {"status": "500"}


@pytest.mark.parametrize("number", ["NaN", "1e400", "123456789012345678901234567890", "Infinity"])
def test_numbers_that_strict_parsers_refuse_are_read(number: str) -> None:
    raw = b'{"messages":[{"role":"user","content":"hi"}],"seed":%s}' % number.encode()
    assert read_prompt(raw).text == "hi"


def test_a_lone_surrogate_is_replaced() -> None:
    assert read_prompt(b'{"messages":[{"role":"user","content":"a\\ud83db"}]}').text == "a\ufffdb"


def test_only_the_end_of_a_long_conversation_is_decoded() -> None:
    assert read_prompt(body({"role": 1}, {"role": "user", "content": "hi"})).text == "hi"


@pytest.mark.parametrize("bad", [b"", b"no", b"[]", b"{}", b'{"messages":[]}', b'{"messages":[1]}', b"[" * 100_000])
def test_what_is_no_chat_request_is_refused(bad: bytes) -> None:
    with pytest.raises(PromptError):
        read_prompt(bad)


def test_a_stream_is_asked_for_with_or_without_usage() -> None:
    user = {"role": "user", "content": "hi"}
    assert not read_prompt(body(user, stream=None)).streamed
    assert not read_prompt(body(user, stream=True)).usage_wanted
    assert read_prompt(body(user, stream=True, stream_options={"include_usage": True})).usage_wanted
