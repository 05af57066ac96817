"""Legacy completions: the dialect of ``/completions``. A prompt and the texts that go on from it, no conversation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from proxy.dialects.dialect import Aside, Unparsed
from proxy.dialects.envelope import excerpt, find_error, is_usage_alone, read_ids, read_usage
from proxy.dialects.jsontext import clean, dump, elements, load, members, object_of, objects_in, text_of
from proxy.messages import Choice, Message, Part, Reply, ReplyError, Request, Role, Usage

CLOSING = b"[DONE]"


class Completions(Aside):
    """The ``Dialect`` of legacy completions."""

    name = "completions"
    path = "/completions"
    closing: bytes | None = CLOSING

    def parse(self, body: bytes) -> Request:
        """Read a request; all of it stands ``before``. Raises ``Unparsed``."""
        try:
            fields = members(body)
            prompt, options = (load(fields.get(name, b"null")) for name in ("prompt", "stream_options"))
        except ValueError as error:
            message = "the body is no JSON that can be read"
            raise Unparsed(message) from error
        if not fields:
            message = "the body is no object"
            raise Unparsed(message)
        text, tokens = _read_prompt(prompt)
        return Request(
            model=text_of(load(fields.get("model", b"null"))),
            stream=fields.get("stream") == b"true",
            raws=(),
            before=body,
            after=b"",
            separators=(),
            asks_usage=object_of(options).get("include_usage") is True,
            ids=read_ids(fields),
            text=text,
            tokens=tokens,
        )

    def read_reply(self, body: bytes, status: int) -> Reply:
        """A plain reply."""
        try:
            reply = _reply(body)
        except (ValueError, RecursionError):
            reply = Reply(complete=status >= 400, malformed=status < 400)
        return replace(reply, error=excerpt(body)) if status >= 400 and reply.error is None else reply

    def is_usage_alone(self, data: bytes) -> bool:
        """Whether a chunk tells usage and nothing else."""
        return is_usage_alone(data)

    def assembler(self) -> CompletionsAssembler:
        """Begin a stream."""
        return CompletionsAssembler()


def _read_prompt(prompt: Any) -> tuple[str, int]:
    """The text of a prompt, and how many tokens it has besides: it may be text or tokens, or a list of either."""
    if isinstance(prompt, str):
        return clean(prompt), 0
    items = prompt if isinstance(prompt, list) else []
    texts = [clean(item) for item in items if isinstance(item, str)]
    flat = [token for item in items for token in (item if isinstance(item, list) else [item])]
    return "\n".join(texts), sum(isinstance(token, int) for token in flat)


def _reply(body: bytes) -> Reply:
    value = load(body)
    top = object_of(value)
    error = find_error(value)
    found = objects_in(top.get("choices"))
    pieces = [members(raw).get("logprobs", b"null") for raw in elements(members(body).get("choices", b"[]"))]
    return Reply(
        id=text_of(top.get("id")),
        model=text_of(top.get("model")),
        choices=tuple(_choice(choice, place) for place, choice in enumerate(found)),
        usage=read_usage(top.get("usage")),
        error=error,
        complete=True,
        malformed=error is None and not isinstance(top.get("choices"), list),
        logprobs=_logprobs(pieces),
    )


def _choice(choice: dict[str, Any], place: int) -> Choice:
    index = choice.get("index")
    where = index if isinstance(index, int) else place
    return _answer(where, text_of(choice.get("text")), text_of(choice.get("finish_reason")))


def _answer(index: int, text: str, finish_reason: str) -> Choice:
    message = Message(Role.ASSISTANT, (Part("text", text),) if text else ())
    return Choice(index, message, dump({"index": index, "text": text}), finish_reason or None)


def _logprobs(pieces: list[bytes]) -> bytes | None:
    """A list with one entry a choice; ``None`` if no choice has any."""
    return b"[" + b",".join(pieces) + b"]" if any(piece != b"null" for piece in pieces) else None


@dataclass(slots=True)
class _Draft:
    """One choice, growing."""

    texts: list[str] = field(default_factory=list)
    finish_reason: str = ""
    logprobs: dict[str, list[Any]] = field(default_factory=dict)

    def take(self, choice: dict[str, Any]) -> None:
        text = choice.get("text")
        if isinstance(text, str):
            self.texts.append(text)
        self.finish_reason = text_of(choice.get("finish_reason")) or self.finish_reason
        for key, entries in object_of(choice.get("logprobs")).items():
            if isinstance(entries, list):
                self.logprobs.setdefault(key, []).extend(entries)

    def choice(self, index: int) -> Choice:
        return _answer(index, clean("".join(self.texts)), self.finish_reason)


class CompletionsAssembler:
    """Takes the payloads of a stream's events. Bytes that make no sense are passed over, and the reply says so."""

    __slots__ = ("_closed", "_drafts", "_error", "_id", "_malformed", "_model", "_usage")

    def __init__(self) -> None:
        self._id = self._model = ""
        self._drafts: dict[int, _Draft] = {}
        self._usage: Usage | None = None
        self._error: ReplyError | None = None
        self._closed = self._malformed = False

    def feed(self, data: bytes) -> bool:
        """Take one event's payload; whether it is ``[DONE]``. What comes after that is no part of the reply."""
        if self._closed:
            return False
        self._closed = data.startswith(CLOSING)
        if not self._closed:
            try:
                self._take(load(data))
            except (ValueError, RecursionError):
                self._malformed = self._malformed or bool(data.strip())
        return self._closed

    def reply(self) -> Reply:
        """The reply so far; complete once it was closed, or every choice has said why it ended."""
        drafts = [self._drafts[index] for index in sorted(self._drafts)]
        return Reply(
            id=self._id,
            model=self._model,
            choices=tuple(self._drafts[index].choice(index) for index in sorted(self._drafts)),
            usage=self._usage,
            error=self._error,
            complete=self._closed or (bool(drafts) and all(draft.finish_reason for draft in drafts)),
            malformed=self._malformed,
            reassembled=True,
            logprobs=_logprobs([dump(draft.logprobs) if draft.logprobs else b"null" for draft in drafts]),
        )

    def _take(self, chunk: Any) -> None:
        top = object_of(chunk)
        for place, choice in enumerate(objects_in(top.get("choices"))):
            index = choice.get("index")
            self._drafts.setdefault(index if isinstance(index, int) else place, _Draft()).take(choice)
        self._id = self._id or text_of(top.get("id"))
        self._model = self._model or text_of(top.get("model"))
        self._usage = read_usage(top.get("usage")) or self._usage
        self._error = self._error or find_error(chunk)
        self._malformed = self._malformed or not isinstance(chunk, dict | list)
