import json
import math
from array import array
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest

from proxy.standin import endpoints
from proxy.standin.answers import Answer
from proxy.standin.endpoints import Received
from proxy.standin.faults import WELL_BEHAVED, Faults
from proxy.standin.journal import Entry
from proxy.standin.prompts import PromptError


def received(body: bytes = b"", faults: Faults = WELL_BEHAVED, **params: Any) -> Received:
    scope = {"method": "POST", "path": "/v1/x", "query_string": b"", "headers": []}
    entry = Entry(scope)
    entry.add(body)
    return Received(entry, body, faults, "s1", 7, params)


def posted(handler: Callable[[Received], Answer], faults: Faults = WELL_BEHAVED, **fields: Any) -> Answer:
    return handler(received(json.dumps(fields).encode(), faults))


def told(answer: Answer) -> Any:
    return json.loads(b"".join(answer.pieces))


def test_a_chat_is_answered_as_json_or_as_events() -> None:
    messages = [{"role": "user", "content": "hi"}]
    plain = told(posted(endpoints.chat, model="m", messages=messages))
    assert (plain["id"], plain["model"], plain["created"]) == ("chatcmpl-s1", "m", 7)
    assert posted(endpoints.chat, messages=messages, stream=True).length is None
    assert posted(endpoints.chat, Faults(plain=True), messages=messages, stream=True).length is not None


def test_a_legacy_completion_is_answered() -> None:
    body = told(posted(endpoints.text, prompt=["What is", "2 + 3"]))
    assert body["choices"][0]["text"] == "2 + 3 is 5."
    assert posted(endpoints.text, prompt="hi", stream=True).length is None


def test_embeddings_are_unit_vectors_that_depend_on_the_text() -> None:
    one, other, again = (
        item["embedding"] for item in told(posted(endpoints.embeddings, input=["a", "b", "a"]))["data"]
    )
    assert math.isclose(math.hypot(*one), 1)
    assert one == again != other


def test_embeddings_come_as_base64_too_and_from_tokens() -> None:
    data = told(posted(endpoints.embeddings, input=[1, 2], encoding_format="base64", dimensions=8))["data"]
    assert len(data) == 1
    assert len(array("f", b64decode(data[0]["embedding"]))) == 8


def test_models_are_listed_and_found() -> None:
    names = [item["id"] for item in told(endpoints.models(received()))["data"]]
    assert told(endpoints.model(received(name=names[0])))["id"] == names[0]
    assert endpoints.model(received(name="none")).status == 404


def test_a_file_is_counted_and_hashed() -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n--x--'
    answer = told(endpoints.files(received(body)))
    assert (answer["bytes"], answer["filename"]) == (len(body), "a.txt")
    assert len(answer["sha256"]) == 64


def test_speech_is_binary_of_the_asked_kind() -> None:
    answer = posted(endpoints.speech, input="abc", response_format="wav")
    assert answer.content_type == b"audio/wav"
    assert sum(map(len, answer.pieces)) == 3000


def test_an_unknown_path_is_a_404_that_names_it() -> None:
    answer = endpoints.unknown(received())
    assert answer.status == 404
    assert "/v1/x" in told(answer)["error"]["message"]


@pytest.mark.parametrize("handler", [endpoints.chat, endpoints.text, endpoints.embeddings, endpoints.speech])
def test_a_body_that_is_no_request_is_refused(handler: Callable[[Received], Answer]) -> None:
    with pytest.raises(PromptError):
        handler(received(b"no json"))


@pytest.mark.parametrize(
    ("prompt", "choices"), [("one", 2), (["one", "two"], 4), ([1, 2, 3], 2), ([[1, 2], [3]], 4), ([], 2)]
)
def test_each_prompt_of_a_completion_gets_its_answers(prompt: object, choices: int) -> None:
    assert len(told(posted(endpoints.text, prompt=prompt, n=2))["choices"]) == choices
