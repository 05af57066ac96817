"""A session as a page."""

from __future__ import annotations

import json

from proxy.exports.dialogue import Dialogue
from proxy.exports.markdown import fenced, page
from tests.cli.rows import call_row, chain, exchange_row, id_of, message_row, session_row


def test_a_page_says_who_said_what() -> None:
    rows = chain("user", "assistant")
    exchanges = {id_of(100): exchange_row()}
    told = page(Dialogue(session_row(title="Whales", tags=("a", "b")), rows, (), exchanges))
    assert told.startswith("# Whales\n\n- session: 019a7c3e-1234-7000-8000-000000000001\n- model: gpt-4o\n")
    assert "- tags: a, b" in told
    assert "## User\n\nmessage 1\n\n## Assistant\n\nmessage 2\n\n*gpt-4o-2024-08-06 · 12 + 30 tokens · 2.0 s*" in told


def test_calls_results_thoughts_and_refusals_are_told() -> None:
    body = json.dumps(
        {"role": "assistant", "content": None, "reasoning_content": "Hm.", "refusal": "No\nway."}
    ).encode()
    image = json.dumps({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}).encode()
    rows = [
        message_row(1, 0, "user", body=image),
        message_row(2, 1, "assistant", body=body),
        message_row(3, 2, "tool", "24 degrees"),
    ]
    ended = {id_of(100): exchange_row(ending="client_gone")}
    told = page(Dialogue(session_row(), rows, [call_row()], ended))
    assert "*with image_url*" in told
    assert "<summary>Thoughts</summary>\n\n```\nHm.\n```" in told
    assert "> Refused: No way." in told
    assert 'Calls `get_weather`:\n\n```json\n{\n  "place": "Lisbon"\n}\n```' in told
    assert "## Tool\n\n```\n24 degrees\n```" in told
    assert "client gone" in told


def test_a_fork_is_told_from_where_it_parts() -> None:
    rows = [*chain("user", "assistant", "user"), message_row(4, 2, "user", "or else")]
    told = page(Dialogue(session_row(), rows))
    assert told.count("message 1") == 1
    assert "*Branch 2 of 2, from message 2 on*\n\n## User\n\nor else" in told


def test_system_prompts_are_folded() -> None:
    exchanges = {id_of(100): exchange_row(system=b"s")}
    systems = {b"s": b'[{"role": "system", "content": [{"type": "text", "text": "Be brief."}]}]'}
    told = page(Dialogue(session_row(), chain("user"), (), exchanges, systems))
    assert "<details><summary>System prompt</summary>\n\n```\nBe brief.\n```\n\n</details>" in told


def test_fences_are_longer_than_those_inside() -> None:
    assert fenced("```py\n```") == "````\n```py\n```\n````"
    assert fenced("a\x1b[2Jb\r\n") == "```\na[2Jb\n```"
