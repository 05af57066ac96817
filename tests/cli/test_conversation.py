from collections.abc import Sequence

from proxy.cli.conversation import Conversation, Recorded
from proxy.shapes.branches import Tree
from storage.records import Attempt, CallRow, ExchangeRow, MessageRow
from tests.cli.rows import NOON, SECOND, call_row, chain, exchange_row, id_of, message_row, session_row

TURN = chain("user", "assistant")
TOOLS = [
    message_row(1, 0, text="How is the weather?"),
    message_row(2, 1, "assistant"),
    message_row(3, 2, "tool", "24 °C\nand clear"),
    message_row(4, 3, "assistant", "It is fine."),
]


def told(
    messages: Sequence[MessageRow],
    *,
    calls: Sequence[CallRow] = (),
    exchanges: Sequence[ExchangeRow] = (),
    systems: dict[bytes, bytes] | None = None,
    attempts: Sequence[Attempt] = (),
    branch: int | None = None,
    full: bool = False,
    **session: object,
) -> str:
    recorded = Recorded(
        session_row(**session), messages, calls, exchanges, systems or {}, {one.id: attempts for one in exchanges}
    )
    tree = Tree(messages)
    chosen = tree.branches[branch - 1] if branch else tree.latest()
    return "\n".join(line.plain for line in Conversation(recorded, tree=tree, branch=chosen, full=full).lines())


def test_a_turn_is_told_with_its_roles_and_what_it_cost() -> None:
    text = told(TURN, exchanges=[exchange_row()])
    assert "user\nmessage 1\n" in text
    assert "assistant\nmessage 2\n  gpt-4o-2024-08-06 · 12 + 30 tokens · $0.0015 · 2.0 s" in text


def test_the_title_says_what_a_session_is() -> None:
    text = told(TURN, name="notes", title="Of the sea", errors=2)
    assert text.startswith("session 019a7c3e-1234-7000-8000-000000000001  notes\nOf the sea\ngpt-4o · 2 messages")
    assert "2 errors" in text


def test_the_sessions_above_and_below_are_named() -> None:
    main, agent = session_row(id=id_of(2), name="main"), session_row(id=id_of(3), name=None, title="Look around")
    recorded = Recorded(session_row(), TURN, parent=main, children=[agent])
    tree = Tree(TURN)
    lines = [line.plain for line in Conversation(recorded, tree=tree, branch=tree.latest()).lines()]
    assert any(line.startswith("below 019a7c3e") and "  main" in line for line in lines)
    assert any(line.startswith("above 019a7c3e") and line.endswith("  Look around") for line in lines)


def test_roles_have_colours() -> None:
    recorded = Recorded(session_row(), TURN)
    tree = Tree(TURN)
    styles = {line.plain: str(line.style) for line in Conversation(recorded, tree=tree, branch=tree.latest()).lines()}
    assert styles["user"] != styles["assistant"] != ""


def test_an_estimate_is_said_to_be_one_and_what_is_unknown_is_no_zero() -> None:
    assert "~12 + ~30 tokens" in told(TURN, exchanges=[exchange_row(usage_source="estimated")])
    unknown = exchange_row(usage_source="unknown", prompt_tokens=None, completion_tokens=None, cost=None)
    assert "– + – tokens · 2.0 s" in told(TURN, exchanges=[unknown])  # noqa: RUF001


def test_a_stream_tells_when_its_first_byte_came() -> None:
    assert "first byte after 250 ms" in told(TURN, exchanges=[exchange_row(stream=True)])


def test_a_tool_call_is_one_line_with_its_result() -> None:
    text = told(TOOLS, calls=[call_row()])
    assert '  → get_weather({"place": "Lisbon"}) = 24 °C and clear  ok · 500 ms' in text
    assert "tool\n" not in text
    assert "(empty)" not in text
    assert "--full unfolds" in text


def test_a_failed_call_says_so_and_one_without_a_result_too() -> None:
    assert "24 °C and clear  failed" in told(TOOLS, calls=[call_row(ok=False)])
    assert "  no result" in told(TOOLS[:2], calls=[call_row(result=0, ok=None, returned_at=0)])


def test_what_is_no_conversation_stands_below_it() -> None:
    aside = exchange_row(
        id=id_of(101), dialect="completions", tip=0, answer=0, asked="Once upon\na time", said=("there was", "a cat")
    )
    lines = told(TOOLS, exchanges=[aside]).splitlines()
    at = lines.index("completions  2026-06-22 12:00")
    assert lines[at + 1 : at + 4] == ["  Once upon a time", "  there was", "  a cat"]
    assert "gpt-4o-2024-08-06 · 12 + 30 tokens" in lines[at + 4]
    assert "Once upon\na time" in told(TOOLS, exchanges=[aside], full=True)


def test_an_aside_that_failed_says_so() -> None:
    aside = exchange_row(tip=0, answer=0, status=500, error_message="no such model", ending="upstream_error")
    text = told(TOOLS, exchanges=[aside])
    assert "no such model" in text
    assert "chat  2026" not in text


def test_full_unfolds_calls_with_all_lines() -> None:
    text = told(TOOLS, calls=[call_row(arguments="a" * 500)], full=True)
    assert "a" * 500 in text
    assert "24 °C\nand clear" in text
    assert "--full" not in text


def test_long_arguments_and_results_are_cut() -> None:
    rows = [*TOOLS[:2], message_row(3, 2, "tool", "r" * 5000)]
    assert max(map(len, told(rows, calls=[call_row(arguments="a" * 5000)]).splitlines())) < 250


def test_a_result_that_belongs_to_no_call_is_told_by_itself() -> None:
    assert "tool\n24 °C" in told(TOOLS)


def test_a_fork_is_marked_where_it_parts_with_the_way_to_the_other() -> None:
    rows = [*TURN, message_row(3, 2, text="First?"), message_row(4, 2, text="Other\nquestion?")]
    latest = told(rows)
    assert "├─ fork: 1 other branch from here\n│  --branch 1  user: First?\n\nuser\nOther\nquestion?" in latest
    assert "branch 2 of 2" in latest
    assert "--branch N shows another branch, 1 to 2" in latest
    first = told(rows, branch=1)
    assert "│  --branch 2  user: Other question?\n\nuser\nFirst?" in first
    assert "user\nOther" not in first


def test_a_call_on_another_branch_shows_no_result_of_this_one() -> None:
    rows = [*TOOLS[:3], message_row(5, 2, "tool", "an edited result")]
    text = told(rows, calls=[call_row()])
    assert "no result" in text
    assert "tool\nan edited result" in text


def test_an_error_stands_after_the_message_that_met_it() -> None:
    failed = exchange_row(
        id=id_of(101),
        ending="upstream_error",
        status=429,
        error_code="rate_limit_exceeded",
        error_message="Slow down.",
        tip=1,
        answer=0,
    )
    text = told(TURN, exchanges=[failed, exchange_row()])
    error = text.index("✗ the upstream failed (429 rate_limit_exceeded): Slow down.")
    assert text.index("message 1") < error < text.index("message 2")


def test_an_error_whose_place_is_unknown_is_told_at_the_end() -> None:
    failed = exchange_row(ending="upstream_cut", tip=0, answer=0)
    assert "✗ the upstream broke off before the end" in told([], exchanges=[failed])


def test_an_error_under_a_good_ending_is_told_too() -> None:
    failed = exchange_row(status=400, error_type="invalid_request_error", error_message="Bad.", answer=0)
    assert "✗ the upstream answered with an error (400 invalid_request_error): Bad." in told(
        TURN[:1], exchanges=[failed]
    )


def test_an_exchange_with_neither_answer_nor_error_is_passed_over() -> None:
    assert "✗" not in told([], exchanges=[exchange_row(tip=0, answer=0)])


def test_how_an_answer_ended_is_told_where_it_was_not_whole() -> None:
    assert "✗ the client left before the end" in told(TURN, exchanges=[exchange_row(ending="client_gone")])
    assert "✗ has not ended yet" in told(TURN[:1], exchanges=[exchange_row(ending="", ended_at=0, answer=0)])
    assert "stopped by: length" in told(TURN, exchanges=[exchange_row(finish_reason="length")])
    assert "stopped by" not in told(TURN, exchanges=[exchange_row()])


def test_every_choice_of_an_exchange_is_told_with_it() -> None:
    rows = [*TURN, message_row(3, 1, "assistant", "Another choice")]
    assert "Another choice\n  gpt-4o-2024-08-06" in told(rows, branch=2, exchanges=[exchange_row()])


def test_a_system_prompt_is_folded_and_told_again_only_when_it_changes() -> None:
    rows = [
        *TURN,
        *(message_row(id, id - 1, "user", "more", exchange=id_of(id)) for id in (3, 4)),
    ]
    exchanges = [
        exchange_row(system=b"1"),
        exchange_row(id=id_of(3), system=b"1", answer=0),
        exchange_row(id=id_of(4), system=b"2", answer=0),
    ]
    systems = {b"1": b"Be brief.\n" + b"x" * 500, b"2": b"Be long."}
    text = told(rows, exchanges=exchanges, systems=systems)
    assert text.count("system  Be brief. xxx") == 1
    assert "(2 lines, 510 characters)" in text
    assert text.index("Be brief.") < text.index("message 1") < text.index("Be long.")
    assert "x" * 500 not in text
    assert "x" * 500 in told(rows, exchanges=exchanges, systems=systems, full=True)


def test_a_system_message_in_the_tree_is_folded_too() -> None:
    assert "system  Be brief.  (1 line, 9 characters)" in told([message_row(1, 0, "system", "Be brief.")])


def test_thoughts_refusals_and_pictures_are_told() -> None:
    body = b'{"refusal": "I will not.", "reasoning_content": "Hm.\\nNo.", "content": [{"type": "image_url"}]}'
    rows = [TURN[0], message_row(2, 1, "assistant", body=body)]
    text = told(rows)
    assert "thinking: Hm. No.\nI will not.\nwith image_url" in text
    assert "Hm.\nNo." in told(rows, full=True)


def test_the_words_that_a_search_finds_of_a_call_are_not_told_twice() -> None:
    stored = 'get_weather {"place": "Lisbon"}'
    rows = [TOOLS[0], message_row(2, 1, "assistant", stored, body=b'{"content": null}'), *TOOLS[2:]]
    assert stored not in told(rows, calls=[call_row()])
    # A call that the client brought along from elsewhere has no row of its own.
    assert f"assistant\n{stored}\n" in told(rows)


def test_bytes_that_say_nothing_are_told_by_their_stored_text() -> None:
    assert "user\nkept words" in told([message_row(1, 0, "user", "kept words", body=b"no JSON")])


def test_a_message_with_nothing_to_read_is_said_to_be_empty() -> None:
    assert "user\n(empty)" in told([message_row(1, 0)])


def test_nothing_recorded_is_obeyed() -> None:
    evil = "[red]\x1b]0;owned\x07\x1b[2J\u202e[/nope]"
    rows = [message_row(1, 0, evil, evil), message_row(2, 1, "assistant", evil), message_row(3, 2, "tool", evil)]
    call = call_row(name=evil, arguments=evil)
    failed = exchange_row(ending=evil, error_message=evil, error_code=evil, model=evil, answered_by=evil, answer=0)
    whole = exchange_row(id=id_of(5), ending="complete", finish_reason=evil, answered_by=evil, system=b"1")
    for full in (False, True):
        text = told(
            rows,
            calls=[call],
            exchanges=[failed, whole],
            systems={b"1": evil.encode()},
            full=full,
            title=evil,
            name=evil,
        )
        assert not set(text) & set("\x1b\x07\u202e")
        assert "[red]]0;owned[2J[/nope]" in text


def test_a_call_that_took_no_known_time_shows_none() -> None:
    assert "clear  ok\n" in told(TOOLS, calls=[call_row(called_at=0, returned_at=NOON + SECOND)])


def test_who_was_asked_before_is_told_below_an_answer_and_below_a_failure() -> None:
    tried = (Attempt(1, "a\x1b", 1, 2, 503), Attempt(2, "b", 3, 4, error="upstream_closed"))
    answered = told(TURN, exchanges=[exchange_row()], attempts=tried)
    assert "2.0 s\n  tried a 503, b upstream_closed" in answered
    failed = told(chain("user"), exchanges=[exchange_row(answer=0, ending="upstream_error")], attempts=tried)
    assert failed.endswith("\n  tried a 503, b upstream_closed")
    assert "tried" not in told(TURN, exchanges=[exchange_row()], attempts=tried[:1])


def test_a_model_s_summary_is_named_as_such() -> None:
    aside = exchange_row(id=id_of(101), match="summary", dialect="chat", tip=0, answer=0)
    assert "summary  " in told(TOOLS, exchanges=[aside])
