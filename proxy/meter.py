"""What requests and replies weigh: tokens counted here where the upstream doesn't say, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from msgspec.structs import replace

from proxy.dialects.jsontext import load
from proxy.messages import Message, Reply, Request, Role, Usage
from proxy.prices import PriceBook
from proxy.tokens import REPLY_OVERHEAD, Tokenizer, message_tokens, text_tokens, tools_tokens

SYSTEMS = 1000
"""How many system messages are known by their tokens; then it begins anew."""


class Meter:
    """Counts with the tokenizer, prices with the price book."""

    def __init__(self, tokenizer: Tokenizer, prices: PriceBook) -> None:
        self._tokenizer = tokenizer
        self._prices = prices
        self._systems: dict[bytes, int] = {}

    def raw_counter(self, model: str) -> Callable[[bytes, Message], int]:
        """Counts a message given as JSON, which may be several items in a row, and as a value: one that is all text
        needs no second look at the JSON."""
        count = self._counter(model)

        def counted(raw: bytes, message: Message) -> int:
            if message.is_plain:
                return text_tokens(message.text, count)
            return sum(message_tokens(item, count) for item in load(b"[" + raw + b"]"))

        return lambda raw, message: self._once(model, raw, message, counted)

    def _once(self, model: str, raw: bytes, message: Message, counted: Callable[[bytes, Message], int]) -> int:
        """A system message opens any number of conversations, and is counted in the first of them."""
        if message.role is not Role.SYSTEM:
            return counted(raw, message)
        key = blake2b(model.encode("utf-8", "surrogatepass") + b"\0" + raw, digest_size=16).digest()
        tokens = self._systems.get(key)
        if tokens is None:
            if len(self._systems) >= SYSTEMS:
                self._systems.clear()
            tokens = self._systems[key] = counted(raw, message)
        return tokens

    def _counter(self, model: str) -> Callable[[str], int]:
        return lambda text: self._tokenizer.count(text, model)

    def counter(self, model: str) -> Callable[[str], int]:
        """Counts a text."""
        return self._counter(model)

    def offered(self, request: Request) -> int:
        """The tokens of what stands outside of a request's messages: its tools, its system prompt."""
        count = self._counter(request.model)
        offered = tools_tokens(load(request.tools), count) if request.tools else 0
        return offered + (message_tokens({"content": load(request.system)}, count) if request.system else 0)

    def price(self, model: str, provider: str, prompt: int, completion: int, cached: int) -> int | None:
        """Nano-dollars of so many tokens, or None where the price isn't known."""
        return self._prices.cost(model, provider, prompt, completion, cached)

    def window(self, model: str, provider: str) -> int:
        """The tokens that a model can take; 0 where that isn't known."""
        return self._prices.window(model, provider)

    def answer(self, message: Message, model: str) -> int:
        """The tokens of an answer: what the model wrote, without the framing of a message."""
        count = self._counter(model)
        texts = [message.text, message.refusal, message.reasoning]
        texts += [text for call in message.tool_calls for text in (call.name, call.arguments)]
        return sum(count(text) for text in texts if text)

    def estimate(self, reply: Reply, request: Request, prompt: int, model: str = "") -> Usage:
        """The usage of an exchange whose upstream told none.

        ``prompt`` is that of the messages, ``model`` the model's name there, if it has another.
        """
        model = model or request.model
        offered = self.offered(replace(request, model=model) if model != request.model else request)
        completion = sum(self.answer(choice.message, model) for choice in reply.choices)
        return Usage(prompt=prompt + offered + REPLY_OVERHEAD, completion=completion)

    def aside(self, reply: Reply, request: Request, model: str) -> Usage:
        """The same where it is no conversation: text in, texts out."""
        count = self._counter(model)
        completion = sum(count(choice.message.text) for choice in reply.choices)
        return Usage(prompt=count(request.text) + request.tokens, completion=completion)

    def cost(self, model: str, provider: str, usage: Usage) -> int | None:
        """Nano-dollars, or None where the price or the usage isn't known."""
        if usage.prompt is None or usage.completion is None:
            return None
        written = (usage.cache_written or 0, usage.cache_kept or 0)
        return self._prices.cost(model, provider, usage.prompt, usage.completion, usage.cached or 0, written)
