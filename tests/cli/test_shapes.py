import json

from proxy.answers.hits import hit as hit_shape
from proxy.cli import shapes
from proxy.cli.conversation import Conversation, Recorded
from proxy.excerpts import excerpt
from proxy.shapes.branches import Tree
from tests.cli.rows import call_row, exchange_row, hit, message_row, session_row
from tests.shapes.plain import plain


def test_a_conversation_holds_its_branches_and_the_path_that_is_shown() -> None:
    rows = [message_row(1, 0), message_row(2, 1, "assistant"), message_row(3, 1, "assistant")]
    recorded = Recorded(session_row(), rows, [call_row()], [exchange_row(system=b"\x01")], {b"\x01": b"Be brief."})
    tree = Tree(rows)
    shape = plain(shapes.conversation(recorded, Conversation(recorded, tree=tree, branch=tree.branches[1])))
    assert (shape["branch"], shape["path"]) == (2, [1, 3])
    assert [branch["parent_message"] for branch in shape["branches"]] == [None, 1]
    assert shape["system"] == {"01": "Be brief."}
    assert [message["id"] for message in shape["messages"]] == [1, 2, 3]
    assert shape["tool_calls"][0]["success"] is True
    assert shape["exchanges"][0]["answer_id"] == 2
    assert json.loads(shapes.write(shape))["stats"]["session_id"] == shape["id"]


def test_a_session_without_messages_has_no_branch() -> None:
    recorded = Recorded(session_row(), [])
    shape = plain(shapes.conversation(recorded, Conversation(recorded, tree=Tree([]), branch=None)))
    assert (shape["branch"], shape["branches"], shape["path"]) == (None, [], [])


def test_a_message_stands_there_as_it_was_sent() -> None:
    body = b'{"role":"user","content":"hi","big":123456789012345678901234567890}'
    recorded = Recorded(session_row(), [message_row(1, 0, body=body)])
    written = shapes.write(shapes.conversation(recorded, Conversation(recorded, tree=Tree([]), branch=None)))
    assert json.loads(written)["messages"][0]["message"]["big"] == 123456789012345678901234567890


def test_a_hit_says_where_in_its_excerpt_the_query_stands() -> None:
    shape = hit_shape(hit("By the sea"), excerpt("By the sea", "sea"))
    assert shape.excerpt == "By the sea"
    assert json.loads(shapes.write(shape))["highlights"] == [[7, 10]]


def test_what_is_written_is_safe_on_a_terminal() -> None:
    written = shapes.write({"text": "\x1b[2J \x9b \u202e 日本"})
    assert not set(written) & set("\x1b\x9b\u202e")
    assert json.loads(written) == {"text": "\x1b[2J \x9b \u202e 日本"}
