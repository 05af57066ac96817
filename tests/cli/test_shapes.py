import json


from proxy import answers
from proxy.cli import shapes
from proxy.cli.conversation import Conversation, Recorded
from proxy.shapes.branches import Tree
from proxy.shapes.figures import rfc3339
from storage.records import Attempt
from tests.cli.rows import (
    NOON,
    call_row,
    chain,
    exchange_row,
    hit,
    id_of,
    message_row,
    model_totals,
    session_row,
    totals,
)


def test_a_session_speaks_of_ids_times_and_money_as_the_api_does() -> None:
    row = session_row(name="notes", parent=id_of(9), tags=("a", "b"), meta={"user": "Ada"})
    shape = shapes.session(row)
    assert shape["id"] == "019a7c3e-1234-7000-8000-000000000001"
    assert shape["parent_id"] == "019a7c3e-1234-7000-8000-000000000009"
    assert shape["metadata"] == {"user": "Ada"}
    assert shape["created_at"] == "2026-06-22T12:00:00.000000Z"
    assert shape["stats"]["estimated_cost"] == 0.0015
    assert shape["stats"]["total_tokens"] == 42


def test_a_cost_that_nobody_knows_is_null_and_not_zero() -> None:
    assert shapes.session_stats(session_row(cost=0, unpriced=1))["estimated_cost"] is None
    assert shapes.session_stats(session_row(cost=0, unpriced=0))["estimated_cost"] == 0
    assert shapes.exchange(exchange_row(cost=None))["estimated_cost"] is None


def test_a_message_stands_there_as_it_was_sent() -> None:
    row = message_row(1, 0, body=b'{"role":"user","content":"hi","big":123456789012345678901234567890}')
    written = shapes.write(shapes.message(row))
    assert json.loads(written)["message"] == {"role": "user", "content": "hi", "big": 123456789012345678901234567890}
    assert json.loads(written)["parent_id"] is None


def test_a_conversation_holds_its_branches_and_the_path_that_is_shown() -> None:
    rows = [message_row(1, 0), message_row(2, 1, "assistant"), message_row(3, 1, "assistant")]
    recorded = Recorded(session_row(), rows, [call_row()], [exchange_row(system=b"\x01")], {b"\x01": b"Be brief."})
    tree = Tree(rows)
    shape = shapes.conversation(recorded, Conversation(recorded, tree=tree, branch=tree.branches[1]))
    assert (shape["branch"], shape["path"]) == (2, [1, 3])
    assert [branch["parent_message"] for branch in shape["branches"]] == [None, 1]
    assert shape["system"] == {"01": "Be brief."}
    assert [message["id"] for message in shape["messages"]] == [1, 2, 3]
    assert shape["tool_calls"][0]["success"] is True
    assert shape["exchanges"][0]["answer_id"] == 2
    assert json.loads(shapes.write(shape))["stats"]["session_id"] == shape["id"]


def test_a_session_without_messages_has_no_branch() -> None:
    recorded = Recorded(session_row(), [])
    shape = shapes.conversation(recorded, Conversation(recorded, tree=Tree([]), branch=None))
    assert (shape["branch"], shape["branches"], shape["path"]) == (None, [], [])


def test_an_error_is_told_with_its_body() -> None:
    failed = exchange_row(status=429, ending="upstream_error", error_code="rate_limit", error_body=b"slow \xff")
    shape = shapes.exchange(failed)
    assert shape["error"] == {"message": "", "type": None, "code": "rate_limit", "body": "slow �"}
    assert shapes.exchange(exchange_row())["error"] is None


def test_a_hit_says_where_in_its_excerpt_the_query_stands() -> None:
    shape = answers.hit(hit("By the sea"), excerpt("By the sea", "sea"))
    assert shape["excerpt"] == "By the sea"
    assert json.loads(shapes.write(shape))["highlights"] == [[7, 10]]


def test_totals_add_up_their_models() -> None:
    shape = shapes.totals(totals(models=(model_totals(), model_totals(model="b", cost=500_000))))
    assert shape["estimated_cost"] == 0.003
    assert shape["prompt_tokens"] == 2400
    assert shape["unpriced_exchanges"] == 2
    assert [model["model"] for model in shape["models"]] == ["gpt-4o", "b"]
    assert shape["created_at"] == "2026-06-22T12:00:00.000000Z"
    assert shapes.totals(totals(first_at=0, models=()))["created_at"] is None


def test_what_is_written_is_safe_on_a_terminal() -> None:
    written = shapes.write({"text": "\x1b[2J \x9b \u202e 日本"})
    assert not set(written) & set("\x1b\x9b\u202e")
    assert json.loads(written) == {"text": "\x1b[2J \x9b \u202e 日本"}


def test_an_exchange_tells_its_attempts_and_the_models_name_upstream() -> None:
    tried = (Attempt(1, "a", NOON, NOON, error="upstream_closed"), Attempt(2, "b", NOON, NOON, 200))
    rows, ask = chain("user", "assistant"), exchange_row(sent_model="there")
    recorded = Recorded(session_row(), rows, exchanges=[ask], attempts={ask.id: tried})
    tree = Tree(rows)
    shown = Conversation(recorded, tree=tree, branch=tree.latest())
    (shape,) = shapes.conversation(recorded, shown)["exchanges"]
    at = rfc3339(NOON)
    times = {"started_at": at, "ended_at": at}
    assert shape["sent_model"] == "there"
    assert shape["attempts"] == [
        {"number": 1, "provider": "a", **times, "status": None, "error": "upstream_closed"},
        {"number": 2, "provider": "b", **times, "status": 200, "error": None},
    ]
    assert (shapes.exchange(exchange_row())["attempts"], shapes.exchange(exchange_row())["sent_model"]) == ([], None)
