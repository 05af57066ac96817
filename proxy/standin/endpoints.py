"""What each path answers: a received request -> an Answer.

Pure: bodies, ids and times come in, nothing is sent here.
"""

import math
import re
from array import array
from base64 import b64encode
from hashlib import shake_256
from typing import Any, Literal

import msgspec

from proxy.standin.answers import EVENTS, Answer, failure, noise, of, whole
from proxy.standin.faults import Faults, directive
from proxy.standin.frames import Head, completion, events
from proxy.standin.journal import Entry
from proxy.standin.prompts import ChatRequest, Prompt, StreamOptions, decode, read_prompt
from proxy.standin.replies import reply_to
from proxy.standin.strictness import refusal

MODELS = ("standin", "standin-mini", "gpt-4o-mini")
_FILENAME = re.compile(rb'filename="([^"\r\n]*)"')
_SPEECH = {"mp3": b"audio/mpeg", "wav": b"audio/wav", "opus": b"audio/opus", "flac": b"audio/flac", "pcm": b"audio/pcm"}


class Received(msgspec.Struct, frozen=True):
    """A request that has arrived, and what an answer to it needs."""

    entry: Entry
    body: bytes  # decoded; empty where an endpoint only counts
    faults: Faults
    mark: str  # unique; all ids of the answer are made of it
    created: int
    params: dict[str, Any]


class TextRequest(msgspec.Struct, frozen=True):
    """A request to the legacy /v1/completions."""

    prompt: Any = ""
    model: str = "standin"
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None


class EmbeddingRequest(msgspec.Struct, frozen=True):
    """A request to /v1/embeddings."""

    input: Any
    model: str = "standin"
    dimensions: int | None = None
    encoding_format: Literal["float", "base64"] | None = None


class SpeechRequest(msgspec.Struct, frozen=True):
    """A request to /v1/audio/speech."""

    input: str = ""
    response_format: str = "mp3"


def chat(received: Received) -> Answer:
    """POST /v1/chat/completions."""
    prompt = read_prompt(received.body)
    refused = refusal(prompt, received.faults)
    if refused:
        return failure(400, refused[1], code=refused[0])
    head = Head(f"chatcmpl-{received.mark}", received.created, prompt.request.model)
    return _replied(received, prompt, head)


def directives(body: bytes) -> dict[str, str]:
    """Read the faults that a chat request's last user message asks for."""
    return read_prompt(body).asked if b"[[" in body else {}


def text(received: Received) -> Answer:
    """POST /v1/completions."""
    request = decode(received.body, TextRequest)
    prompts = request.prompt if isinstance(request.prompt, list) else [request.prompt]
    asked = " ".join(map(str, prompts))
    several = len(prompts) if all(isinstance(prompt, str | list) for prompt in prompts) else 1
    options = request.stream_options
    count = (request.n or 1) * max(1, several)
    like_chat = ChatRequest([], model=request.model, stream=request.stream, stream_options=options, n=count)
    prompt = Prompt(like_chat, directive(asked)[0], {}, (), max(1, len(asked) // 4))
    return _replied(received, prompt, Head(f"cmpl-{received.mark}", received.created, request.model, "text"))


def embeddings(received: Received) -> Answer:
    """POST /v1/embeddings."""
    request = decode(received.body, EmbeddingRequest)
    several = isinstance(request.input, list) and not all(isinstance(item, int) for item in request.input)
    inputs = request.input if several else [request.input]
    vectors = [_vector(str(item), request.dimensions or 64) for item in inputs]
    written = [_base64(vector) if request.encoding_format == "base64" else vector for vector in vectors]
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(written)]
    tokens = max(1, sum(len(str(item)) for item in inputs) // 4)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return of({"object": "list", "data": data, "model": request.model, "usage": usage})


def models(_: Received) -> Answer:
    """GET /v1/models."""
    return of({"object": "list", "data": [_model(name) for name in MODELS]})


def model(received: Received) -> Answer:
    """GET /v1/models/NAME."""
    name = str(received.params["name"])
    if name not in MODELS:
        return failure(404, f"The model '{name}' does not exist.", code="model_not_found")
    return of(_model(name))


def files(received: Received) -> Answer:
    """POST /v1/files: the body is counted and hashed as it comes, and not kept."""
    named = _FILENAME.search(received.entry.kept)
    told = {
        "id": f"file-{received.mark}",
        "object": "file",
        "bytes": received.entry.size,
        "sha256": received.entry.sha256,
        "created_at": received.created,
        "filename": named[1].decode(errors="replace") if named else "upload",
        "purpose": "user_data",
        "status": "processed",
    }
    return of(told)


def speech(received: Received) -> Answer:
    """POST /v1/audio/speech: noise, a thousand bytes for each character."""
    request = decode(received.body, SpeechRequest)
    size = received.faults.size if received.faults.size is not None else 1000 * len(request.input)
    return Answer(_SPEECH.get(request.response_format, b"application/octet-stream"), tuple(noise(size)))


def some_bytes(received: Received) -> Answer:
    """GET /v1/bytes/N."""
    size = int(received.params["size"])
    return Answer(b"application/octet-stream", noise(size), size, lasting=True)


def echo(received: Received) -> Answer:
    """Any method, /v1/echo and below: the request as it arrived."""
    return of(received.entry.described())


def unknown(received: Received) -> Answer:
    """Whatever else is asked."""
    path = received.entry.path.decode("latin-1")
    return failure(404, f"Invalid URL ({received.entry.method} {path})", code="unknown_url")


def _replied(received: Received, prompt: Prompt, head: Head) -> Answer:
    faults = received.faults
    reply = reply_to(prompt, faults, received.mark)
    if prompt.streamed and not faults.plain:
        frames = events(reply, head, faults, usage_wanted=prompt.usage_wanted)
        return Answer(EVENTS, frames, headers=((b"cache-control", b"no-cache"),))
    return whole(completion(reply, head, faults))


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1767225600, "owned_by": "standin"}


def _vector(text: str, dimensions: int) -> list[float]:
    """Make a unit vector out of a text's hash."""
    numbers = [byte - 127.5 for byte in shake_256(text.encode(errors="replace")).digest(dimensions)]
    length = math.hypot(*numbers)
    return [number / length for number in numbers]


def _base64(vector: list[float]) -> str:
    return b64encode(array("f", vector).tobytes()).decode()
