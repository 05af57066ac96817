"""Counts where the upstream tells none, and prices where both tokens and price are known."""

from __future__ import annotations

import json

import pytest

from proxy.dialects.chat_message import read_message
from proxy.messages import Choice, Message, Part, Reply, Request, Role, ToolCall, Usage
from proxy.meter import SYSTEMS, Meter
from proxy.prices import ModelPrice, PriceBook
from proxy.tokens import REPLY_OVERHEAD, Tokenizer

MODEL = "gpt-4o"


@pytest.fixture(scope="module")
def meter() -> Meter:
    return Meter(Tokenizer(), PriceBook({"own": ModelPrice(input=1, output=2, cached_input=0.5)}))


def said(text: str) -> Message:
    return Message(Role.ASSISTANT, (Part("text", text),))


def asked(**fields: bytes) -> Request:
    return Request(MODEL, stream=False, raws=(), before=b"", after=b"", separators=(), **fields)  # type: ignore[arg-type]


def reply(*messages: Message) -> Reply:
    return Reply(choices=tuple(Choice(at, message, b"{}") for at, message in enumerate(messages)))


def tokens(meter: Meter, raw: bytes) -> int:
    return meter.raw_counter(MODEL)(raw, read_message(raw))


def test_a_message_as_json_is_counted_with_its_framing(meter: Meter) -> None:
    hello = tokens(meter, b'{"role":"user","content":"hello"}')
    assert tokens(meter, b'{"role":"user","content":"hello hello"}') == hello + 1
    assert hello > 1


@pytest.mark.parametrize("content", [b'"hello"', b'[{"type":"text","text":"hello"}]', b'""', b"null"])
def test_a_message_that_is_all_text_counts_as_its_json_does(meter: Meter, content: bytes) -> None:
    raw = b'{"role":"user","content":' + content + b"}"
    assert read_message(raw).is_plain
    assert tokens(meter, raw) == meter.raw_counter(MODEL)(raw, Message(Role.OTHER))


class Counted(Tokenizer):
    """Remembers what it was asked to count."""

    __slots__ = ("texts",)

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def count(self, text: str, model: str | None = None) -> int:
        self.texts.append(text)
        return super().count(text, model)


def test_a_system_message_that_opens_many_conversations_is_counted_once() -> None:
    tokenizer = Counted()
    meter = Meter(tokenizer, PriceBook({}))
    raw = b'{"role":"system","content":"be brief"}'
    assert tokens(meter, raw) == tokens(meter, raw) > 1
    assert tokenizer.texts == ["be brief"]


def test_a_system_message_is_counted_for_each_model() -> None:
    meter, raw = Meter(Tokenizer(), PriceBook({})), '{"role":"system","content":"sei brav, 你好"}'.encode()
    old, new = (meter.raw_counter(model)(raw, read_message(raw)) for model in ("gpt-4", "gpt-4o"))
    assert old > new


def test_no_more_system_messages_are_remembered_than_there_is_room_for() -> None:
    tokenizer = Counted()
    meter = Meter(tokenizer, PriceBook({}))
    raws = [b'{"role":"system","content":"rule %d"}' % at for at in range(SYSTEMS + 1)]
    for raw in (*raws, raws[0], raws[-1]):
        tokens(meter, raw)
    assert len(tokenizer.texts) == SYSTEMS + 2  # the first was forgotten, the last was not


def test_json_that_only_some_readers_take_is_counted_too(meter: Meter) -> None:
    odd = b'{"role":"user","content":"hello \\ud800","n":NaN}'
    assert tokens(meter, odd) > tokens(meter, b'{"role":"user","content":"hello"}')


def test_an_answer_is_counted_with_all_that_the_model_wrote(meter: Meter) -> None:
    call = ToolCall("call_1", "add", '{"a": 1}')
    plain = meter.answer(said("hello"), MODEL)
    whole = Message(Role.ASSISTANT, (Part("text", "hello"),), (call,), reasoning="hello", refusal="hello")
    arguments = meter.answer(said('{"a": 1}'), MODEL)
    assert plain == 1
    assert meter.answer(whole, MODEL) == 3 * plain + meter.answer(said("add"), MODEL) + arguments


def test_an_estimate_counts_the_prompt_the_tools_and_every_choice(meter: Meter) -> None:
    tools = json.dumps([{"type": "function", "function": {"name": "add", "parameters": {}}}]).encode()
    bare = meter.estimate(reply(said("hello"), said("hello")), asked(), 10)
    offered = meter.estimate(reply(said("hello"), said("hello")), asked(tools=tools), 10)
    told = meter.estimate(reply(said("hello"), said("hello")), asked(system=b'"Be brief."'), 10)
    assert bare == Usage(prompt=10 + REPLY_OVERHEAD, completion=2)
    assert (offered.prompt or 0) > 10 + REPLY_OVERHEAD
    assert (told.prompt or 0) > 10 + REPLY_OVERHEAD


def test_an_estimate_counts_a_system_prompt_outside_of_the_messages(meter: Meter) -> None:
    bare = meter.estimate(reply(), asked(), 10).prompt or 0
    text = meter.estimate(reply(), asked(system=b'"hello"'), 10).prompt or 0
    blocks = meter.estimate(reply(), asked(system=b'[{"type":"text","text":"hello"}]'), 10).prompt
    assert bare < text == blocks


def test_several_blocks_in_a_row_are_counted_one_by_one(meter: Meter) -> None:
    count, some = meter.raw_counter(MODEL), Message(Role.OTHER)
    block = b'{"type":"text","text":"hello"}'
    assert count(block + b", " + block, some) == 2 * count(block, some)


def test_what_goes_into_the_cache_is_paid(meter: Meter) -> None:
    usage = Usage(prompt=1000, completion=0, cache_written=1000, cache_kept=1000)
    assert meter.cost("claude-sonnet-4-5", "anthropic", usage) == 6_000_000


def test_a_known_usage_of_a_known_model_has_its_cost(meter: Meter) -> None:
    assert meter.cost("own", "default", Usage(prompt=1000, completion=100)) == 1_200_000


def test_cached_tokens_cost_their_own_price(meter: Meter) -> None:
    assert meter.cost("own", "default", Usage(prompt=1000, completion=0, cached=1000)) == 500_000


@pytest.mark.parametrize("usage", [Usage(), Usage(prompt=5), Usage(completion=5)])
def test_what_is_not_known_in_full_has_no_cost(meter: Meter, usage: Usage) -> None:
    assert meter.cost("own", "default", usage) is None


def test_an_unknown_model_has_no_cost(meter: Meter) -> None:
    assert meter.cost("nobody-knows-it", "default", Usage(prompt=5, completion=5)) is None


def test_what_is_no_conversation_counts_its_texts_and_the_tokens_it_gives(meter: Meter) -> None:
    request = Request("gpt-4o", False, (), b"", b"", (), text="hello world", tokens=5)
    assert meter.aside(reply(said("hello world")), request, "gpt-4o") == Usage(prompt=7, completion=2)
