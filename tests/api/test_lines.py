import json

from proxy.api.lines import sendable, system_messages
from tests.cli.rows import message_row


def test_a_message_is_sent_again_as_its_client_wrote_it() -> None:
    for body in (b'{"role": "user", "content": 1e400}', b'{"type":"reasoning"},{"type":"message"}'):
        assert sendable(message_row(1, 0, body=body)) == body


def test_a_text_alone_becomes_a_message() -> None:
    assert json.loads(sendable(message_row(1, 0, body=b'"Hello"'))) == {"role": "user", "content": "Hello"}


def test_what_is_no_json_is_told_by_its_text() -> None:
    for body in (b"{broken", b"", b"\xff"):
        row = message_row(1, 0, "tool", "known", body=body)
        assert json.loads(sendable(row)) == {"role": "tool", "content": "known"}


def test_a_system_prompt_is_one_message_or_several_or_a_text() -> None:
    one = b'{"role":"developer","content":"a"}'
    assert system_messages(None) == []
    assert system_messages(one) == [one]
    assert system_messages(b"[" + one + b"," + one + b"]") == [one, one]
    for text in (b'"Be brief."', b"Be brief."):
        assert [json.loads(each) for each in system_messages(text)] == [{"role": "system", "content": "Be brief."}]
