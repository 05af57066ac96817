import json

import msgspec
import pytest

from proxy.shapes.wire import Said, read_message, system_text, verbatim


def test_thoughts_and_refusals_are_read() -> None:
    body = b'{"role": "assistant", "content": null, "refusal": "No.", "reasoning_content": "Hm."}'
    assert read_message(body) == Said(thoughts="Hm.", refusal="No.")
    assert read_message(b'{"reasoning": "Hm."}').thoughts == "Hm."


def test_content_that_is_no_text_is_named_by_its_kind() -> None:
    body = b'{"content": [{"type": "text", "text": "See"}, {"type": "image_url"}, {"type": "input_audio"}, 5]}'
    assert read_message(body) == Said(text="See", kinds=("image_url", "input_audio"))


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[1]", b"[" * 100_000, b'{"content": "\xff"}', b"{}"])
def test_other_bytes_yield_nothing(body: bytes) -> None:
    assert read_message(body) == Said()


@pytest.mark.parametrize(
    "data",
    [
        b"Be brief.",
        b'"Be brief."',
        b'{"role": "system", "content": "Be brief."}',
        b'[{"role": "system", "content": [{"type": "text", "text": "Be "}, {"type": "text", "text": "brief."}]}]',
        b'[{"type": "text", "text": "Be brief."}]',
    ],
)
def test_a_system_prompt_is_read_in_any_of_its_forms(data: bytes) -> None:
    assert system_text(data) == "Be brief."


def test_several_system_messages_are_read_in_order() -> None:
    assert system_text(b'[{"content": "One."}, {"content": "Two."}]') == "One.\n\nTwo."


@pytest.mark.parametrize("body", [b'{"a": 1e400, "a": 123456789012345678901234567890}', b"[1,  2]"])
def test_json_stays_as_it_was_written(body: bytes) -> None:
    assert msgspec.json.encode([verbatim(body)]) == b"[" + body + b"]"


def test_what_is_no_json_becomes_a_string() -> None:
    assert msgspec.json.encode([verbatim(b'{"a": NaN}')]) == b'["{\\"a\\": NaN}"]'


def test_several_items_of_a_response_are_read_as_one_message() -> None:
    thought = b'{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]}'
    spoken = b'{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi"}]}'
    assert read_message(thought + b",\n" + spoken) == Said("Hi", "hm")
    assert read_message(b'"only text"') == Said("only text")
    assert read_message(b'{"type":"function_call_output","call_id":"c","output":"sunny"}') == Said("sunny")


def test_images_and_sounds_are_told_by_the_words_in_their_places() -> None:
    words = "[image 640x480 png 12 KB #1a2b3c4d]"
    parts = [
        {"type": "text", "text": "See [x #1a2b3c4d]"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{words}"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]
    audio = {"id": "a", "data": "[audio 1 MB #00000000, not kept]"}
    body = json.dumps({"role": "assistant", "content": parts, "audio": audio, "images": [parts[1]]}).encode()
    assert read_message(body).kinds == (words, "image_url", words, "[audio 1 MB #00000000, not kept]")


def test_blocks_are_read_in_a_message_and_in_a_row() -> None:
    thought, text = b'{"type":"thinking","thinking":"Hm.","signature":"x"}', b'{"type":"text","text":"Hi"}'
    rest = b'{"type":"tool_use","name":"f"},{"type":"redacted_thinking","data":"x"},{"type":"image","source":{}}'
    blocks = thought + b" , " + text + b"," + rest
    expected = Said("Hi", "Hm.", "", ("image",))
    assert read_message(blocks) == expected
    assert read_message(b'{"role":"assistant","content":[' + blocks + b"]}") == expected
    assert read_message(b'{"type":"tool_result","content":[{"type":"text","text":"rain"}]}') == Said("rain")
