"""Anthropic's blocks are counted by their text, and their base64 is not."""

from __future__ import annotations

import pytest

from proxy.tokens import FILE_TOKENS, MESSAGE_OVERHEAD, Tokenizer, message_tokens, tools_tokens


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer()


def block_tokens(block: object, tokenizer: Tokenizer) -> int:
    return message_tokens(block, tokenizer.count)


def test_a_block_that_stands_alone_counts_as_a_message_with_it_does(tokenizer: Tokenizer) -> None:
    text = block_tokens({"type": "text", "text": "hello hello"}, tokenizer)
    result = block_tokens({"type": "tool_result", "tool_use_id": "toolu_1", "content": "hello hello"}, tokenizer)
    found = block_tokens({"type": "search_result", "content": [{"type": "text", "text": "hello hello"}]}, tokenizer)
    assert text == result == found == MESSAGE_OVERHEAD + 2
    assert block_tokens({"type": "tool_use", "name": "hello", "input": {}}, tokenizer) == MESSAGE_OVERHEAD + 2


def test_blocks_in_a_message_count_with_their_calls_and_results(tokenizer: Tokenizer) -> None:
    def counted(*blocks: object) -> int:
        return block_tokens({"role": "user", "content": list(blocks)}, tokenizer) - MESSAGE_OVERHEAD - 1

    call = {"type": "tool_use", "name": "hello", "input": {"a": 1}}
    assert counted(call) == 1 + tokenizer.count('{"a": 1}')
    assert counted({"type": "tool_result", "content": [{"type": "text", "text": "hello"}]}) == 1


def test_base64_of_a_block_is_never_tokenised(tokenizer: Tokenizer) -> None:
    data = "iVBORw0KGgo" + "A" * 1_000_000
    source = {"type": "base64", "media_type": "image/png", "data": data}
    assert block_tokens({"type": "image", "source": source}, tokenizer) <= MESSAGE_OVERHEAD + 765
    assert block_tokens({"type": "image", "source": {"type": "url", "url": "u"}}, tokenizer) == MESSAGE_OVERHEAD + 765
    document = {"type": "document", "source": {**source, "media_type": "application/pdf"}}
    assert block_tokens(document, tokenizer) == MESSAGE_OVERHEAD + FILE_TOKENS


def test_a_document_that_came_as_text_counts_by_its_text(tokenizer: Tokenizer) -> None:
    assert block_tokens({"type": "document", "source": {"type": "text", "data": "hello"}}, tokenizer) == 4
    nested = {"type": "content", "content": [{"type": "text", "text": "hello"}]}
    assert block_tokens({"type": "document", "source": nested}, tokenizer) == 4


def test_tools_with_an_input_schema_count_as_functions_do(tokenizer: Tokenizer) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    ours = tools_tokens([{"name": "weather", "description": "d", "input_schema": schema}], tokenizer.count)
    function = {"name": "weather", "description": "d", "parameters": schema}
    assert ours == tools_tokens([{"type": "function", "function": function}], tokenizer.count)
