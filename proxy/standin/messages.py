"""What the paths under /v1/messages answer. Pure, as the other endpoints are."""

import msgspec

from proxy.standin.answers import EVENTS, Answer, failure, of, whole
from proxy.standin.block_flaws import flaws
from proxy.standin.blocks import Head, events
from proxy.standin.endpoints import Received
from proxy.standin.replies import reply_to
from proxy.standin.strictness import refusal
from proxy.standin.turns import prompted, read_request

_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def create(received: Received) -> Answer:
    """POST /v1/messages."""
    request, faults = read_request(received.body), received.faults
    if request.thinks:
        faults = msgspec.structs.replace(faults, reasoning=True)
    prompt = prompted(request)
    refused = refusal(prompt, faults, lambda: flaws(request.messages))
    if refused:
        return failure(400, refused[1])
    reply = reply_to(prompt, faults, received.mark)
    head = Head(received.mark, request.model, b'"cache_control"' in received.body)
    if request.stream and not faults.plain:
        return Answer(EVENTS, events(reply, head, faults), headers=((b"cache-control", b"no-cache"),))
    return of(head.message(reply, faults))


def count(received: Received) -> Answer:
    """POST /v1/messages/count_tokens."""
    return of({"input_tokens": prompted(read_request(received.body)).tokens})


def directives(body: bytes) -> dict[str, str]:
    """Read the faults that a request's last user message asks for."""
    return prompted(read_request(body)).asked if b"[[" in body else {}


def retold(answer: Answer) -> Answer:
    """An error in Anthropic's shape."""
    if answer.status < 400:
        return answer
    message = msgspec.json.decode(b"".join(answer.pieces))["error"]["message"]
    error = {"type": _ERRORS.get(answer.status, "api_error"), "message": message}
    return whole(msgspec.json.encode({"type": "error", "error": error}), status=answer.status, headers=answer.headers)
