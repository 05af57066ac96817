"""Embeddings: what was asked is kept, and the vectors can be left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proxy.dialects import Unparsed, dialect_at
from proxy.dialects.embeddings import Embeddings
from proxy.messages import ReplyError, Usage

WIRE = Path(__file__).parent.parent / "wire"
EMBEDDINGS = Embeddings()


def test_it_is_found_by_its_path_and_does_not_converse() -> None:
    found = dialect_at("/embeddings")
    assert found is not None
    assert (found.name, found.converses, found.closing) == ("embeddings", False, None)


def test_a_request_is_kept_whole() -> None:
    wire = b'{"model": "e", "input": ["one", "two"], "session_id": "s"}'
    request = EMBEDDINGS.parse(wire)
    assert (request.model, request.stream, request.before, request.raws) == ("e", False, wire, ())
    assert (request.text, request.ids) == ("", {"session_id": "s"})


@pytest.mark.parametrize("wire", [b"", b"no json", b"[]", b'{"model":"e"}', b'{"input":1'])
def test_what_has_no_input_is_unparsed(wire: bytes) -> None:
    with pytest.raises(Unparsed):
        EMBEDDINGS.parse(wire)


def test_vectors_are_withheld_as_numbers_and_as_base64() -> None:
    reply = EMBEDDINGS.read_reply((WIRE / "embeddings_plain.json").read_bytes(), 200)
    assert reply.withheld == (b"[0.25, -1e-3]", b'"AACAPgAAgL4="')
    assert (reply.model, reply.choices, reply.complete) == ("text-embedding-3-small", (), True)
    assert reply.usage == Usage(prompt=5, completion=0)


def test_vectors_that_only_a_patient_reader_takes_are_withheld_too() -> None:
    wire = b'{"data":[{"embedding":[1e400]},{}],"model":"e\\ud83d","usage":{}}'
    reply = EMBEDDINGS.read_reply(wire, 200)
    assert (reply.withheld, reply.usage, reply.malformed) == ((b"[1e400]",), None, False)


def test_what_is_no_reply_is_malformed() -> None:
    assert EMBEDDINGS.read_reply(b"{}", 200).malformed
    assert EMBEDDINGS.read_reply(b"", 200).malformed


def test_an_error_is_told() -> None:
    error = {"error": {"message": "no such model", "type": "t", "code": "c"}}
    assert EMBEDDINGS.read_reply(json.dumps(error).encode(), 404).error == ReplyError("no such model", "t", "c")
    assert EMBEDDINGS.read_reply(b"Bad gateway", 502).error == ReplyError("Bad gateway")


def test_a_stream_that_nobody_expects_is_malformed() -> None:
    assembler = EMBEDDINGS.assembler()
    assert not assembler.feed(b"{}")
    assert (assembler.reply().malformed, EMBEDDINGS.is_usage_alone(b"{}")) == (True, False)
