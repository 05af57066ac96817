"""What OpenAI's endpoints write around their content: session ids in requests, usage and errors in replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proxy.dialects.jsontext import clean, dump, load, object_of, objects_in, text_of
from proxy.messages import ReplyError, Usage

IDS = ("session_id", "litellm_session_id", "conversation", "prompt_cache_key")
"""The fields of a body that may name a session; ``metadata`` may hold more."""

_EXCERPT = 2048
_UNTOLD = Usage()


def present(raw: bytes | None) -> bytes | None:
    """A field's value, unless it is missing or null."""
    return None if raw in (None, b"", b"null") else raw


def member(fields: Mapping[str, bytes], name: str, key: str) -> object:
    """A member of a field that is an object."""
    raw = present(fields.get(name))
    return object_of(load(raw)).get(key) if raw else None


def read_ids(fields: Mapping[str, bytes]) -> dict[str, str]:
    """The session ids of a body, given its fields verbatim."""
    found = {name: load(raw) for name in IDS if (raw := present(fields.get(name)))}
    conversation = found.get("conversation")
    if isinstance(conversation, dict):
        found["conversation"] = conversation.get("id")
    if present(fields.get("metadata")):
        for key in ("session_id", "user_id"):
            found[f"metadata.{key}"] = member(fields, "metadata", key)
    return {name: text for name, value in found.items() if (text := text_of(value))}


def read_usage(value: Any) -> Usage | None:
    """The tokens of a usage object; ``None`` if it tells none."""
    usage = object_of(value)
    prompt = object_of(usage.get("prompt_tokens_details"))
    completion = object_of(usage.get("completion_tokens_details"))
    cached = (prompt.get("cached_tokens"), usage.get("prompt_cache_hit_tokens"), usage.get("cached_tokens"))
    found = Usage(
        prompt=count_of(usage.get("prompt_tokens")),
        completion=count_of(usage.get("completion_tokens")),
        cached=count_of(next((told for told in cached if told is not None), None)),
        reasoning=count_of(completion.get("reasoning_tokens")),
        cost=_cost(usage),
    )
    return None if found == _UNTOLD else found


def count_of(value: Any) -> int | None:
    """A number of tokens; some send it as 12.0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**63:
        return None
    return int(value)


def _cost(usage: Mapping[str, Any]) -> int | None:
    """Dollars as nano-dollars, where an upstream tells them: OpenRouter, Perplexity, DeepInfra; xAI as 10^-10 each."""
    ticks = usage.get("cost_in_usd_ticks")
    if ticks is not None:
        return _nano(ticks, 0.1)
    cost = usage.get("cost", usage.get("estimated_cost"))
    return _nano(cost.get("total_cost") if isinstance(cost, dict) else cost, 1_000_000_000)


def _nano(value: Any, unit: float) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**15 / unit:
        return None
    return round(value * unit)


def read_timings(value: Any) -> Usage | None:
    """The tokens that llama.cpp tells with its times, where usage wasn't asked for: those of the prompt are parted."""
    timings = object_of(value)
    prompt, cached = count_of(timings.get("prompt_n")), count_of(timings.get("cache_n"))
    completion = count_of(timings.get("predicted_n"))
    if prompt is None or completion is None:
        return None
    return Usage(prompt=prompt + (cached or 0), completion=completion, cached=cached)


def is_usage_alone(data: bytes) -> bool:
    """Whether a stream's chunk has usage, and neither a choice nor an error."""
    try:
        chunk = object_of(load(data))
    except (ValueError, RecursionError):
        return False
    return bool(chunk.get("usage")) and chunk.get("choices") == [] and not chunk.get("error")


def find_error(body: Any) -> ReplyError | None:
    """The error that a body, or a chunk, reports; Gemini puts the whole of it into a list."""
    for item in objects_in(body) if isinstance(body, list) else [object_of(body)]:
        error = item.get("error")
        if error:
            return _error(error)
        if item.get("object") == "error":
            return _error(item)
    return None


def find_failure(body: Any) -> ReplyError | None:
    """The error of a body, or a chunk, that should have been an answer; not all name it as OpenAI does."""
    return find_error(body) or _spelled(object_of(body))


def _spelled(item: dict[str, Any]) -> ReplyError | None:
    """Cloudflare has a list of errors, MiniMax a status of its own, Groq a word aside, a web framework a detail."""
    status = object_of(item.get("base_resp"))
    found = item.get("errors") or object_of(item.get("x_groq")).get("error")
    if status.get("status_code"):
        found = {"message": status.get("status_msg"), "code": status["status_code"]}
    if found:
        return _error(found)
    if "choices" in item or "object" in item:
        return None
    told = item.get("message") or item.get("detail")
    return _error({**item, "message": told} if isinstance(told, str) else item) if told else None


def _error(error: Any) -> ReplyError:
    """An object, a list that begins with one, a sentence, or anything else."""
    if isinstance(error, list):
        error = error[0]
    if not isinstance(error, dict):
        return ReplyError(clean(error) if isinstance(error, str) else dump(error).decode())
    code = error.get("code")
    return ReplyError(
        message=text_of(error.get("message")) or dump(error).decode(),
        type=text_of(error.get("type")) or text_of(error.get("status")),
        code=str(code) if isinstance(code, int) else text_of(code),
    )


def excerpt(body: bytes) -> ReplyError:
    """What an error body says that has no error in it."""
    try:
        value = object_of(load(body))
    except ValueError:
        value = {}
    told = text_of(value.get("message")) or text_of(value.get("detail"))
    return ReplyError(told or clean(body[:_EXCERPT].decode("utf-8", "replace")))
