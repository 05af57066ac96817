"""A streamed chat completion, put together: each choice becomes the message that a plain reply would have had."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from proxy.dialects.chat_calls import EXTRA, CallDrafts
from proxy.dialects.chat_message import read_content, read_thoughts
from proxy.dialects.chat_reply import read_answer
from proxy.dialects.jsontext import dump, object_of, objects_in, text_of
from proxy.messages import Choice

_TEXTS = frozenset({"content", "refusal", "reasoning_content", "reasoning"})
_KEPT = frozenset({"annotations", "images", "reasoning_details", EXTRA})


@dataclass(slots=True)
class GrowingAnswer:
    """One choice, growing."""

    index: int
    role: str = ""
    finish_reason: str = ""
    texts: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    kept: dict[str, Any] = field(default_factory=dict)
    audio: dict[str, str] = field(default_factory=dict)
    said: dict[str, list[bytes]] = field(default_factory=dict)
    calls: CallDrafts = field(default_factory=CallDrafts)

    def take(self, choice: dict[str, Any]) -> None:
        delta = choice.get("delta")
        if delta is None and not self.texts:
            # Some answer a request for a stream with one event that holds a plain reply.
            delta = choice.get("message")
        for key, value in object_of(delta).items():
            if key in _TEXTS and isinstance(value, str):
                self.texts[key].append(value)
            elif value:
                self._take_member(key, value)
        if choice.get("finish_reason"):
            self.finish_reason = text_of(choice["finish_reason"])
        if choice.get("logprobs"):
            self._take_logprobs(object_of(choice["logprobs"]))

    @property
    def logprobs(self) -> bytes:
        """What was told of its tokens, by kind."""
        members = [dump(key) + b":[" + b",".join(pieces) + b"]" for key, pieces in self.said.items()]
        return b"{" + b",".join(members) + b"}" if members else b"null"

    def choice(self) -> Choice:
        body = dump(self._message())
        return Choice(self.index, read_answer(body), body, self.finish_reason or None)

    def _take_member(self, key: str, value: Any) -> None:
        """What is no plain text, and seldom there. Fields that no message has, as ``obfuscation``, are dropped."""
        if key == "role":
            self.role = self.role or text_of(value)
        elif key == "content":
            self.texts["content"].extend(part.text for part in read_content(value))
            self.texts["reasoning_content"].append(read_thoughts(value))
        elif key == "tool_calls":
            for call in objects_in(value):
                self.calls.feed(call)
        elif key == "function_call":
            self.calls.feed_legacy(object_of(value))
        elif key == "audio":
            self._take_audio(object_of(value))
        elif key in _KEPT:
            # The last one counts, but of a list each event brings a part.
            known = self.kept.get(key, [])
            self.kept[key] = [*known, *objects_in(value)] if isinstance(value, list) else value

    def _take_audio(self, audio: dict[str, Any]) -> None:
        """The sound itself is not kept: its pieces are no piece of JSON when joined."""
        self.audio["id"] = self.audio.get("id") or text_of(audio.get("id"))
        transcript = audio.get("transcript")
        self.audio["transcript"] = self.audio.get("transcript", "") + (
            transcript if isinstance(transcript, str) else ""
        )

    def _take_logprobs(self, logprobs: dict[str, Any]) -> None:
        for key, entries in logprobs.items():
            if isinstance(entries, list) and entries:
                self.said.setdefault(key, []).append(dump(entries)[1:-1])

    def _message(self) -> dict[str, Any]:
        texts = {key: "".join(pieces) for key, pieces in self.texts.items()}
        message: dict[str, Any] = {"role": self.role or "assistant", "content": texts.pop("content", None)}
        message |= {key: text for key, text in texts.items() if text}
        message |= self.calls.members()
        message |= self.kept
        return message | ({"audio": self.audio} if self.audio else {})
