"""The end of an exchange: how it ended, what it used and cost, and what stands around its answers."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from proxy.closing import ERROR_BYTES, Facts, answers, aside, closed, fetched, residue_of
from proxy.dialects.chat import Chat
from proxy.drafts import blob_hash
from proxy.messages import Choice, Message, Part, Reply, ReplyError, Role, ToolCall, Usage
from storage.records import Attempt, Closed

ENDINGS = ["complete", "client_gone", "upstream_cut", "upstream_error", "interrupted"]


def facts(ending: str = "complete", status: int = 200, body: bytes = b"", *, keeps: bool = False) -> Facts:
    return Facts(
        exchange=b"e" * 16,
        at=9,
        ending=ending,
        status=status,
        first_byte_at=5,
        size=100,
        upstream_id="req_1",
        model="asked",
        body=body,
        keeps=keeps,
    )


def choice(text: str = "Hello!", **fields: Any) -> Choice:
    body = json.dumps({"role": "assistant", "content": text}).encode()
    return Choice(0, Message(Role.ASSISTANT, (Part("text", text),)), body, **fields)


def ended(reply: Reply | None = None, given: Facts | None = None, cost: int | None = None) -> Closed:
    return closed(given or facts(), reply, lambda _: Usage(prompt=10, completion=2), lambda _model, _usage: cost)


# How it ended


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("reply", [None, Reply(choices=(choice(),))])
def test_an_ending_is_recorded_as_it_is(ending: str, reply: Reply | None) -> None:
    assert ended(reply, facts(ending)).ending == ending


def test_traffic_that_is_not_parsed_has_its_facts_only() -> None:
    assert ended(None) == Closed(
        exchange=b"e" * 16,
        at=9,
        ending="complete",
        first_byte_at=5,
        status=200,
        upstream_id="req_1",
        reply_bytes=100,
    )


@pytest.mark.parametrize("reply", [None, Reply(complete=True)])
def test_a_status_that_says_error_is_one_whatever_the_body(reply: Reply | None) -> None:
    record = ended(reply, facts(status=503, body=b"<html>"))
    assert (record.ending, record.error_code, record.error_body) == ("upstream_error", "503", b"<html>")
    assert record.error_message == "the upstream answered 503"


def test_an_error_that_the_body_reports_says_more_than_the_status() -> None:
    error = ReplyError("Slow down.", "rate_limit_error", "rate_limit_exceeded")
    record = ended(Reply(error=error), facts(status=429))
    assert (record.error_message, record.error_type, record.error_code) == (error.message, error.type, error.code)


def test_an_error_in_mid_stream_ends_the_exchange_as_one_and_keeps_the_answer_so_far() -> None:
    record = ended(Reply(choices=(choice(),), error=ReplyError("overloaded")))
    assert (record.ending, record.status, record.error_message) == ("upstream_error", 200, "overloaded")
    assert (record.usage_source, record.error_body) == ("estimated", b"")


@pytest.mark.parametrize("ending", ENDINGS[1:])
@pytest.mark.parametrize("reply", [None, Reply(error=ReplyError("gone"))])
def test_an_error_does_not_hide_that_it_was_cut(ending: str, reply: Reply | None) -> None:
    assert ended(reply, facts(ending, status=500)).ending == ending


def test_an_error_body_is_kept_up_to_its_limit() -> None:
    assert len(ended(None, facts(status=500, body=b"x" * (ERROR_BYTES + 1))).error_body) == ERROR_BYTES


def test_the_bytes_of_a_reply_are_kept_where_that_is_asked() -> None:
    raw = ended(None, facts(body=b"data: 1\n\n", keeps=True)).raw
    assert raw is not None
    assert (raw.kind, raw.data, raw.hash) == ("raw", b"data: 1\n\n", blob_hash(b"data: 1\n\n"))


@pytest.mark.parametrize("given", [facts(body=b"data: 1\n\n"), facts(body=b"", keeps=True)])
def test_no_bytes_are_kept_where_none_are_asked_or_none_came(given: Facts) -> None:
    assert ended(None, given).raw is None


# What was answered, used and paid


def test_the_model_that_answered_is_told_from_the_one_asked() -> None:
    assert ended(Reply(model="answered")).model == "answered"
    assert ended(Reply()).model == "asked"


def test_the_first_choice_says_why_it_ended() -> None:
    choices = (choice(finish_reason="length"), choice(finish_reason="stop"))
    assert ended(Reply(choices=choices)).finish_reason == "length"


@pytest.mark.parametrize("reply", [Reply(), Reply(choices=(choice(),))])
def test_an_answer_that_never_ended_has_no_reason(reply: Reply) -> None:
    assert ended(reply).finish_reason == ""


def test_reported_usage_is_taken_as_it_is() -> None:
    record = ended(Reply(choices=(choice(),), usage=Usage(prompt=7, completion=3, cached=2, reasoning=1)))
    assert (record.prompt_tokens, record.completion_tokens) == (7, 3)
    assert (record.cached_tokens, record.reasoning_tokens, record.usage_source) == (2, 1, "reported")


def test_usage_that_nobody_reported_is_estimated() -> None:
    record = ended(Reply(choices=(choice(),)))
    assert (record.prompt_tokens, record.completion_tokens, record.usage_source) == (10, 2, "estimated")
    assert record.cached_tokens is None


def test_what_went_into_the_cache_is_recorded() -> None:
    assert ended(Reply(choices=(choice(),), usage=Usage(7, 3, cache_written=5))).cache_written_tokens == 5


def test_a_stream_that_told_only_its_prompt_has_what_it_wrote_estimated() -> None:
    record = ended(Reply(choices=(choice(),), usage=Usage(prompt=7, cached=2)))
    assert (record.prompt_tokens, record.cached_tokens, record.completion_tokens) == (7, 2, 2)
    assert record.usage_source == "estimated"


def test_usage_of_what_nobody_answered_is_unknown_not_zero() -> None:
    record = ended(Reply())
    assert (record.prompt_tokens, record.completion_tokens, record.usage_source) == (None, None, "unknown")


def test_the_model_that_answered_is_the_one_that_is_paid() -> None:
    paid: list[tuple[str, Usage]] = []
    usage = Usage(prompt=7, completion=3)

    def price(model: str, used: Usage) -> int:
        paid.append((model, used))
        return 42

    record = closed(facts(), Reply(model="answered", usage=usage), lambda _: Usage(), price)
    assert paid == [("answered", usage)]
    assert record.cost == 42


def test_a_cost_that_is_not_known_is_none() -> None:
    assert ended(Reply(choices=(choice(),)), cost=None).cost is None


def test_broken_bytes_and_logprobs_are_recorded() -> None:
    record = ended(Reply(malformed=True, logprobs=b"[1]"))
    assert (record.malformed, record.logprobs) == (True, b"[1]")


# The answers, and what stands around them


def test_answers_are_records_without_a_place() -> None:
    called = Message(Role.ASSISTANT, (Part("text", "Wait."),), (ToolCall("call_1", "add", "{}"),))
    links, messages = answers(
        Reply(choices=(choice("one"), Choice(1, called, b"{}"))), lambda message: len(message.text)
    )
    assert [(found.role, found.text, found.tokens, found.digest) for found in links] == [
        ("assistant", "one", 3, b""),
        ("assistant", "Wait.\nadd {}", 5, b""),
    ]
    assert messages[1] is called


def rebuilt(residue: bytes, *bodies: bytes) -> bytes:
    first, *others = msgspec.msgpack.decode(residue, type=list[bytes])
    return first + b"".join(body + piece for body, piece in zip(bodies, others, strict=True))


def test_a_plain_reply_is_rebuilt_from_its_answers_and_what_stands_around_them() -> None:
    body = json.dumps({"id": "1", "choices": [{"message": {"content": "a"}}, {"message": {"content": "b"}}]}).encode()
    reply = Chat().read_reply(body, 200)
    assert len(reply.choices) == 2
    assert rebuilt(residue_of(body, reply), *(found.body for found in reply.choices)) == body


@pytest.mark.parametrize("body", [b'{"echo":%s,"choices":[%s]}', b'{"choices":[%s],"echo":%s}'])
def test_an_answer_whose_bytes_stand_there_twice_is_rebuilt_all_the_same(body: bytes) -> None:
    one = choice("same")
    body = body % (one.body, one.body)
    assert rebuilt(residue_of(body, Reply(choices=(one,))), one.body) == body


def test_equal_answers_are_each_found() -> None:
    one = choice("same")
    body = b"[%s, %s]" % (one.body, one.body)
    assert rebuilt(residue_of(body, Reply(choices=(one, one))), one.body, one.body) == body


@pytest.mark.parametrize("body", [b"", b"[]", b"%s"])
def test_answers_that_are_not_found_in_order_leave_no_residue(body: bytes) -> None:
    one = choice("same")
    if b"%s" in body:
        body = body % one.body
    assert residue_of(body, Reply(choices=(one, one))) == b""


def test_a_reassembled_answer_leaves_no_residue() -> None:
    one = choice()
    assert residue_of(one.body, Reply(choices=(one,), reassembled=True)) == b""


def test_who_was_tried_and_who_answered_is_told() -> None:
    tried = (Attempt(1, "a", 1, 2, 503), Attempt(2, "b", 3, 4, 200))
    record = ended(None, msgspec.structs.replace(facts(), provider="b", sent_model="there", attempts=tried))
    assert (record.provider, record.sent_model, record.attempts) == ("b", "there", tried)


# What is fetched later


def brought(**fields: Any) -> tuple[Closed, Closed]:
    reply = Reply(**{"complete": True, "handle": "resp_1", "choices": (choice(),), **fields})
    record = ended(reply, cost=7)
    return record, fetched(record, reply)


def test_what_a_fetched_reply_says_is_the_end_of_the_exchange_that_it_answers() -> None:
    record, bare = brought()
    assert bare.late == record
    assert (bare.exchange, bare.at, bare.status, bare.reply_bytes) == (b"e" * 16, 9, 200, 100)
    assert (bare.cost, bare.completion_tokens, bare.handle, bare.usage_source) == (None, None, "", "unknown")


@pytest.mark.parametrize("fields", [{"pending": True}, {"complete": False}, {"handle": ""}])
def test_a_reply_that_is_not_whole_answers_nothing_yet(fields: dict[str, Any]) -> None:
    assert brought(**fields)[1].late is None


def test_a_fetch_that_failed_is_an_error_of_its_own() -> None:
    bare = fetched(ended(Reply(error=ReplyError("gone", code="404")), facts(status=404)), Reply(handle="x"))
    assert (bare.error_message, bare.error_code, bare.late) == ("gone", "404", None)
    assert fetched(ended(None), None).late is None


def test_the_cost_that_an_upstream_tells_is_the_cost() -> None:
    reply = Reply(choices=(choice(),), usage=Usage(prompt=1, completion=1, cost=140_000))
    assert ended(reply, cost=7).cost == 140_000


# What is no conversation


def test_an_aside_keeps_its_texts_and_its_body() -> None:
    record = aside(ended(), Reply(choices=(choice("one"), choice("two"))), b"body")
    assert (record.said, record.residue) == (("one", "two"), msgspec.msgpack.encode([b"body"]))


def test_what_is_withheld_is_cut_out_of_an_asides_body() -> None:
    record = aside(ended(), Reply(withheld=(b"[1]", b"[1]")), b'{"a":[1],"b":[1]}')
    assert (record.said, record.residue) == ((), msgspec.msgpack.encode([b'{"a":', b',"b":', b"}"]))


def test_a_streamed_aside_has_no_bytes_to_keep() -> None:
    assert aside(ended(), Reply(choices=(choice(""),), reassembled=True), b"") == ended()


def test_a_stream_without_its_own_end_was_cut_however_cleanly_its_connection_ended() -> None:
    assert ended(Reply(choices=(choice(),), reassembled=True)).ending == "upstream_cut"
    assert ended(Reply(reassembled=True)).ending == "upstream_cut"
    assert ended(Reply(choices=(choice(),), reassembled=True, complete=True)).ending == "complete"
    assert ended(Reply(reassembled=True, malformed=True)).ending == "complete"


def test_an_error_that_says_nothing_says_its_status() -> None:
    silent = ended(Reply(error=ReplyError("")), facts(status=429))
    assert (silent.error_code, silent.error_message) == ("429", "the upstream answered 429")
