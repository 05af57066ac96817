"""Sessions and their trees, read back; tool calls with their results."""

from __future__ import annotations

from uuid import UUID

from storage.ports import Store
from storage.records import Call, Link, NewSession
from tests.storage.samples import OWNER, SECOND, called, closed, dumped, link, opened, talk, uid

OTHER = b"other".ljust(16, b".")


async def test_sessions_are_listed_latest_first_and_by_owner(store: Store) -> None:
    await store.write([opened(1), opened(2, owner=OTHER), opened(3), opened(4, (), 1)])
    assert [row.id for row in await store.sessions()] == [uid(1), uid(3), uid(2)]
    assert [row.id for row in await store.sessions(limit=1)] == [uid(1)]
    assert [row.id for row in await store.sessions(OWNER)] == [uid(1), uid(3)]
    assert await store.sessions(b"nobody") == []


async def test_a_session_is_found_by_id_prefix_or_name(store: Store) -> None:
    one, two = 0x019A7C3E00017000 << 64, 0x019A7C3E00027000 << 64
    await store.write([opened(one, new=NewSession(name="019a7c")), opened(two, owner=OTHER)])
    whole = "019a7c3e-0002-7000-0000-000000000000"
    for key in (whole, whole.upper(), whole.replace("-", ""), "019a7c3e0002", "019a7c3e-0002"):
        row = await store.session(key)
        assert row is not None
        assert row.id == uid(two)
        assert await store.session(key, OWNER) is None
    named = await store.session("019a7c")
    assert named is not None
    assert named.id == uid(one)
    for key in ("019a7c3e", "019a7", "zzzzzz", "", "f" * 33):
        assert await store.session(key) is None


async def test_messages_come_as_a_tree_in_the_order_of_their_arrival(store: Store) -> None:
    ask = opened(1, (link("user", "Hello"),))
    answer = link("assistant", "Hi", ask.tip)
    left, right = (opened(at, (link("user", text, answer.digest),), 1) for at, text in ((2, "left"), (3, "right")))
    await store.write([ask, closed(1, (answer,)), left, right])
    rows = await store.messages(uid(1))
    assert [row.text for row in rows] == ["Hello", "Hi", "left", "right"]
    assert [row.parent for row in rows] == [0, rows[0].id, rows[1].id, rows[1].id]
    assert [row.relayed for row in rows] == [False, True, False, False]
    assert [row.exchange for row in rows] == [uid(1), uid(1), uid(2), uid(3)]
    assert [row.ending for row in rows] == ["", "complete", "", ""]
    assert rows[1].body == answer.body


async def test_a_session_holds_all_that_stands_before_what_it_holds(store: Store) -> None:
    await store.write(talk(turns=2)[0])
    last = (await store.messages(uid(1)))[-1]
    records = talk(turns=2)[0]
    tip = records[3].replies[0].digest  # type: ignore[union-attr]
    await store.write([opened(30, (link("user", "elsewhere", tip),), base=tip)])
    rows = await store.messages(uid(30))
    assert len(rows) == 5
    assert rows[-1].parent == last.id
    assert (await store.session(uid(30).hex())).ai_messages == 2  # type: ignore[union-attr]


async def test_a_tool_call_is_paired_with_its_result(store: Store) -> None:
    ask = opened(1, (link("user", "Weather?"),))
    call = called(1, ask.tip)
    await store.write([ask, call])
    (row,) = await store.calls(uid(1))
    assert (row.ok, row.result, row.returned_at) == (None, 0, 0)
    result = link("tool", "24 °C", call.replies[0].digest, call_id="call_1", failed=False)
    await store.write([opened(2, (call.replies[0], result), 1)])
    (row,) = await store.calls(uid(1))
    messages = await store.messages(uid(1))
    assert (row.id, row.name, row.arguments, row.ok) == ("call_1", "weather", '{"place":"Lisbon"}', True)
    assert (row.message, row.result) == (messages[1].id, messages[2].id)
    assert (row.called_at, row.returned_at) == (SECOND + SECOND // 2, 2 * SECOND)
    assert (await store.sessions())[0].tool_calls == 1


async def test_a_failed_result_says_so(store: Store) -> None:
    ask = opened(1, (link("user", "Weather?"),))
    call = called(1, ask.tip)
    result = link("tool", "error", call.replies[0].digest, call_id="call_1", failed=True)
    await store.write([ask, call, opened(2, (result,), 1)])
    assert (await store.calls(uid(1)))[0].ok is False


async def test_an_id_that_is_used_again_pairs_each_result_with_its_own_call(store: Store) -> None:
    """Some servers count their calls from zero in each reply, and some clients send the whole history each time."""
    ask = opened(1, (link("user", "Weather?"),))
    one = called(1, ask.tip)
    first = link("tool", "sun", one.replies[0].digest, call_id="call_1")
    two = called(2, first.digest)
    second = link("tool", "rain", two.replies[0].digest, call_id="call_1")
    history = (ask.links[0], one.replies[0], first, two.replies[0], second)
    await store.write([ask, one, opened(2, (first,), 1), two, opened(3, history, 1)])
    messages = {row.id: row.text for row in await store.messages(uid(1))}
    assert [messages[row.result] for row in await store.calls(uid(1))] == ["sun", "rain"]


async def test_results_without_ids_go_to_the_calls_of_their_functions(store: Store) -> None:
    """The older grammar knows a call by its function's name alone."""
    history: tuple[Link, ...] = ()
    tip = b""
    for number, (name, text) in enumerate((("f", "sun"), ("g", "noon"), ("f", "rain")), 1):
        ask = link("user", f"{name} of {number}", tip)
        answer = link("assistant", f"calls {number}", ask.digest)
        call = Call("", name, "{}", answer.digest)
        result = link("function", text, answer.digest, called=name)
        await store.write([opened(2 * number, (*history, ask), 1), closed(2 * number, (answer,), calls=(call,))])
        history = (*history, ask, answer, result)
        await store.write([opened(2 * number + 1, history, 1)])
        tip = result.digest
    texts = {row.id: row.text for row in await store.messages(uid(1))}
    pairs = [(row.name, texts[row.result]) for row in await store.calls(uid(1))]
    assert pairs == [("f", "sun"), ("g", "noon"), ("f", "rain")]


async def test_a_result_that_names_another_function_answers_nothing(store: Store) -> None:
    ask = opened(1, (link("user", "Hello"),))
    answer = link("assistant", "calls", ask.tip)
    await store.write([ask, closed(1, (answer,), calls=(Call("", "f", "{}", answer.digest),))])
    await store.write([opened(2, (link("function", "noon", answer.digest, called="g"),), 1)])
    assert [row.result for row in await store.calls(uid(1))] == [0]


async def test_the_issuer_of_a_handle_is_the_latest_provider_that_gave_it_to_its_owner(store: Store) -> None:
    await store.write([opened(1, provider="a"), closed(1, handle="resp_1"), opened(2, provider="b")])
    await store.write([closed(2, handle="resp_1")])
    assert await store.issuer(OWNER, "resp_1") == "b"
    assert await store.issuer(OWNER, "resp_2") == ""
    assert await store.issuer(b"other", "resp_1") == ""


async def test_a_result_goes_to_the_call_above_it_though_another_branch_has_that_id_too(store: Store) -> None:
    results = []
    for number, name in ((1, "A"), (2, "B")):
        ask = link("user", f"branch {name}")
        answer = link("assistant", f"calls for {name}", ask.digest)
        call = Call("functions.f:0", "f", f'{{"q":"{name}"}}', answer.digest)
        await store.write([opened(number, (ask,), 1), closed(number, (answer,), calls=(call,))])
        results.append(link("tool", f"result of {name}", answer.digest, call_id="functions.f:0"))
    for number, result in enumerate(results, 3):
        await store.write([opened(number, (result,), 1)])
    texts = {row.id: row.text for row in await store.messages(uid(1))}
    pairs = [(row.arguments, texts[row.result]) for row in await store.calls(uid(1))]
    assert pairs == [('{"q":"A"}', "result of A"), ('{"q":"B"}', "result of B")]


async def test_a_result_whose_call_is_not_above_it_goes_to_the_latest_of_its_id(store: Store) -> None:
    ask = link("user", "Hello")
    answer = link("assistant", "calls", ask.digest)
    call = Call("call_1", "f", "{}", answer.digest)
    await store.write([opened(1, (ask,)), closed(1, (answer,), calls=(call,))])
    await store.write([opened(2, (link("tool", "cut", call_id="call_1"),), 1)])
    assert [row.result > 0 for row in await store.calls(uid(1))] == [True]


async def test_an_answer_that_is_given_again_calls_nothing_anew(store: Store) -> None:
    ask = link("user", "Hello")
    answer = link("assistant", "calls", ask.digest)
    call = Call("call_1", "f", "{}", answer.digest)
    for number in (1, 2):
        await store.write([opened(number, (ask,), 1), closed(number, (answer,), calls=(call,))])
    row = await store.session(uid(1).hex())
    assert row is not None
    assert (row.tool_calls, len(await store.calls(uid(1)))) == (1, 1)


async def test_an_id_is_its_own_sessions_though_another_is_named_like_it(store: Store) -> None:
    other = b"other".ljust(16, b".")
    await store.write([opened(1, (link("user", "mine"),))])
    for number, name in ((2, uid(1).hex()), (3, str(UUID(bytes=uid(1))))):
        await store.write([opened(number, owner=other, new=NewSession(name=name))])
        found = await store.session(name)
        assert found is not None
        assert found.id == uid(1)


async def test_an_answer_is_told_as_it_was_given_in_its_session_though_equal_ones_are_one_message(store: Store) -> None:
    ask = link("user", "Hello")
    for number, reasoning in ((1, "Hm."), (2, "Well.")):
        body = dumped("assistant", "Hi", reasoning=reasoning)
        answer = link("assistant", "Hi", ask.digest, body=body)
        await store.write([opened(number, (ask,)), closed(number, (answer,))])
        assert [row.body for row in await store.messages(uid(number))][1] == body
    assert (await store.totals()).messages == 2
